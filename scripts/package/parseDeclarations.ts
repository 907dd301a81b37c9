import { type Comment, parseSync } from 'oxc-parser';

/** One top-level declaration of a file of types. */
export interface Declaration {
  readonly name: string;
  /** Its doc comment, if it has one. */
  readonly doc: readonly string[];
  /** Without `export`. */
  readonly text: string;
  /** Names in it that may be declared elsewhere. */
  readonly references: ReadonlySet<string>;
}

/** A file of types. */
export interface Module {
  readonly declarations: ReadonlyMap<string, Declaration>;
  /** Names that are imported, or exported from elsewhere, with their place. */
  readonly links: ReadonlyMap<string, { readonly from: string; readonly name: string }>;
  /** The files of which everything is exported. */
  readonly stars: readonly string[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Parses a file that `tsc` has written as declarations. */
export function parseDeclarations(path: string, source: string): Module {
  const { program, errors, comments } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`);
  const declarations = new Map<string, Declaration>();
  const links = new Map<string, { from: string; name: string }>();
  const stars: string[] = [];
  for (const statement of program.body as unknown as readonly Node[]) {
    const from = (statement.source as { value: string } | null | undefined)?.value;
    if (statement.type === 'ExportAllDeclaration') stars.push(from!);
    else if (from !== undefined) {
      for (const [outer, inner] of linkedNames(statement)) links.set(outer, { from, name: inner });
    } else {
      const node = (statement.declaration as Node | null | undefined) ?? statement;
      const doc = docBefore(comments, source, statement.start);
      const text = source.slice(node.start, node.end);
      for (const name of declaredNames(node))
        declarations.set(name, { name, doc, text, references: identifiersIn(node) });
    }
  }
  return { declarations, links, stars };
}

/** The names of an import, or of an export from elsewhere, as here and as there. */
function linkedNames({ specifiers }: Node): readonly (readonly [string, string])[] {
  return (specifiers as readonly Node[]).map((one) => {
    const here = (one.exported ?? one.local) as { name: string };
    const there = (one.imported ?? one.local) as { name: string };
    return [here.name, there.name];
  });
}

function declaredNames(node: Node): readonly string[] {
  if (node.type === 'VariableDeclaration')
    return (node.declarations as readonly { id: { name: string } }[]).map(({ id }) => id.name);
  const id = node.id as { name: string } | null | undefined;
  return id ? [id.name] : [];
}

function docBefore(comments: readonly Comment[], source: string, start: number): readonly string[] {
  const comment = comments.findLast(({ end }) => end <= start);
  if (!comment?.value.startsWith('*') || source.slice(comment.end, start).trim() !== '') return [];
  return [source.slice(comment.start, comment.end)];
}

/** All identifiers below a node but the names of properties. */
function identifiersIn(root: Node): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) {
      const node = value as Node;
      if (node.type === 'Identifier') names.add(node.name as string);
      if (node.type === 'TSImportType') throw new Error('import("…") in a declaration: expected an import');
      for (const [key, child] of Object.entries(node)) if (key !== 'key') visit(child);
    }
  };
  visit(root);
  return names;
}

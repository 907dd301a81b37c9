import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const FILES = [
  '{packages,infra,tests,benchmarks,scripts}/**/*.{ts,mjs}',
  '*.{ts,md}',
  'docs/**/*.md',
  'tests/**/*.md',
];
/** This file names what it refuses. */
const SELF = 'tests/citations.test.ts';
/** Pages that are not in the repository. */
const FOREIGN = /\bdesign(?:\.md)? §|\bdesign\.md|\bdossier|\bquirks/i;

/** Without the stream's bundle, which a deploy leaves in the folder of the image. */
const files = globSync(FILES, { exclude: ['**/node_modules/**', '.*/**', '**/image/main.mjs'] })
  .filter((file) => file !== SELF)
  .sort();

interface Citation {
  /** What is cited, as written. */
  readonly text: string;
  readonly page: string;
  readonly heading?: string;
  readonly trap?: number;
}

/** Every citation of a page of docs in a text; comments that go over several lines are read as one. */
function citationsIn(text: string): readonly Citation[] {
  const flat = text.replace(/\n\s*(?:\*(?!\/)|\/\/)?\s*/g, ' ');
  const headings = [...flat.matchAll(/(docs\/[\w/-]+\.md), "([^"]+)"/g)];
  const traps = [...flat.matchAll(/\btraps? (\d+)((?:(?:, | and |\.\.)\d+)*)/g)];
  const pages = [...flat.matchAll(/\bdocs\/[\w/-]+\.md\b/g)];
  const decisions = [...flat.matchAll(/\bdocs\/decisions\/(\d{4})/g)];
  return [
    ...pages.map(([page]) => ({ text: page, page })),
    ...headings.map(([cited, page, heading]) => ({ text: cited, page: page!, heading: heading! })),
    ...traps.flatMap(([cited]) =>
      cited.match(/\d+/g)!.map((number) => ({ text: cited, page: 'docs/bingx.md', trap: Number(number) })),
    ),
    ...decisions.map(([cited, number]) => ({ text: cited, page: decisionPage(number!) })),
  ];
}

function decisionPage(number: string): string {
  return globSync(`docs/decisions/${number}-*.md`)[0] ?? `docs/decisions/${number}`;
}

/** Why a citation leads nowhere, null when it leads to its heading. */
function problemOf({ text, page, heading, trap }: Citation): string | null {
  if (!existsSync(page)) return `"${text}": there is no page "${page}"`;
  if (heading !== undefined && !headingsOf(page).includes(heading))
    return `"${text}": "${page}" has no such heading; it has "${headingsOf(page).join('", "')}"`;
  if (trap !== undefined && !trapsOf(page).includes(trap)) return `"${text}": "${page}" has no such trap`;
  return null;
}

function headingsOf(page: string): readonly string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!);
}

/** The numbers of the list under "Traps". */
function trapsOf(page: string): readonly number[] {
  const section = readFileSync(page, 'utf8').split('\n## Traps\n')[1] ?? '';
  return [...section.matchAll(/^(\d+)\. /gm)].map((match) => Number(match[1]));
}

describe('citations', () => {
  it('are found in comments of one line and of several, and in titles', () => {
    const comment =
      '/**\n * Read at most so (docs/bingx.md,\n * "Rate limits") and docs/decisions/0004.\n */';
    expect(citationsIn(comment).map(({ page, heading }) => [page, heading])).toEqual([
      ['docs/bingx.md', undefined],
      ['docs/bingx.md', 'Rate limits'],
      [expect.stringMatching(/^docs\/decisions\/0004-.+\.md$/), undefined],
    ]);
    const titles = "it('sorts (trap 2)')\n// docs/bingx.md traps 3, 4 and 5";
    expect(citationsIn(titles).flatMap(({ trap }) => trap ?? [])).toEqual([2, 3, 4, 5]);
  });

  it.each([
    { text: 'a page', page: 'docs/nowhere.md' },
    { text: 'a heading', page: 'docs/bingx.md', heading: 'Rate limit' },
    { text: 'a trap', page: 'docs/bingx.md', trap: 46 },
    { text: 'a decision', page: decisionPage('9999') },
  ])('that lead nowhere are named: $text', (citation) => {
    expect(problemOf(citation)).toContain(`"${citation.text}"`);
  });

  it('lead to a page of the repository and its heading', () => {
    const cited = files.map((file) => ({ file, citations: citationsIn(readFileSync(file, 'utf8')) }));
    expect(cited.flatMap(({ citations }) => citations).length).toBeGreaterThan(60);
    const problems = cited.flatMap(({ file, citations }) =>
      citations.flatMap((citation) => problemOf(citation) ?? []).map((problem) => `${file}: ${problem}`),
    );
    expect(problems).toEqual([]);
  });

  it('name no page that is not in the repository', () => {
    expect(files.filter((file) => FOREIGN.test(readFileSync(file, 'utf8')))).toEqual([]);
  });
});

describe('the pages that code and tests cite', () => {
  it('docs/truth.md has the headings that answer its questions', () => {
    expect(headingsOf('docs/truth.md').slice(1)).toEqual([
      'States of a slot',
      'Which record wins',
      'When a candle is final',
      'Quiet and unavailable',
      'How a correction travels',
      'Crossovers as events',
      'Indicators',
      'What is promised',
    ]);
  });

  it('docs/bingx.md numbers its traps from 1 to 45, none left out', () => {
    expect(trapsOf('docs/bingx.md')).toEqual(Array.from({ length: 45 }, (_, index) => index + 1));
  });
});

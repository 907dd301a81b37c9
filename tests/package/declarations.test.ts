import { describe, expect, it } from 'vitest';
import { joinDeclarations } from '../../scripts/package/declarations.ts';

const LIBRARY = 'lib/index.d.ts';
const join = (files: Readonly<Record<string, string>>) => joinDeclarations((path) => files[path]!, LIBRARY);

describe('the types of the library as one file', () => {
  it('have what is exported and what that refers to, and nothing else', () => {
    const text = join({
      [LIBRARY]: "export { type A } from './a.ts';\nexport { B } from '@candlelake/core';\n",
      'lib/a.d.ts':
        "import type { C } from './c.ts';\n/** A doc. */\nexport interface A {\n    readonly c: C<typeof E>;\n}\nexport declare const E: readonly [1];\n/** Not used. */\nexport interface D {\n}\n",
      'lib/c.d.ts': "export * from './f.ts';\n",
      'lib/f.d.ts': 'export type C<T> = readonly T[];\n',
      'packages/core/src/index.d.ts': "export * from './b.ts';\n",
      'packages/core/src/b.d.ts': 'export declare class B extends Error {\n}\n',
    });
    expect(text).toBe(`/** A doc. */
export interface A {
    readonly c: C<typeof E>;
}
type C<T> = readonly T[];
declare const E: readonly [1];
export declare class B extends Error {
}
export {};
`);
  });

  it('refuse two declarations of one name, another name for one, and types of a package', () => {
    const two = {
      [LIBRARY]: "export { A } from './a.ts';\nexport { B } from './b.ts';\n",
      'lib/a.d.ts': 'export interface A {\n    x: X;\n}\ninterface X {\n}\n',
      'lib/b.d.ts': 'export interface B {\n    x: X;\n}\ninterface X {\n}\n',
    };
    expect(() => join(two)).toThrow('"X" is declared in lib/a.d.ts and in lib/b.d.ts');
    const renamed = {
      [LIBRARY]: "export { A as Z } from './a.ts';\n",
      'lib/a.d.ts': 'export interface A {\n}\n',
    };
    expect(() => join(renamed)).toThrow('"A" of lib/a.d.ts is also called "Z"');
    const foreign = {
      [LIBRARY]: "export { A } from './a.ts';\n",
      'lib/a.d.ts': "import type { Hono } from 'hono';\nexport interface A {\n    app: Hono;\n}\n",
    };
    expect(() => join(foreign)).toThrow('lib/a.d.ts refers to "hono"');
  });
});

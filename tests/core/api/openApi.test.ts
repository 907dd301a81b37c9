import { openApiDocument } from '@candlelake/core';
import { describe, expect, it } from 'vitest';

/** All values of `$ref` in a document. */
function referencesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = '$ref' in value && typeof value.$ref === 'string' ? [value.$ref] : [];
  return [...own, ...Object.values(value).flatMap(referencesIn)];
}

const DOCUMENT = openApiDocument('1.2.3') as {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, unknown>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
};

describe('openApiDocument', () => {
  it('refers to schemas that it has', () => {
    const names = Object.keys(DOCUMENT.components.schemas).map((name) => `#/components/schemas/${name}`);
    const references = new Set(referencesIn(DOCUMENT));
    expect(references.size).toBeGreaterThan(5);
    expect([...references].filter((reference) => !names.includes(reference))).toEqual([]);
  });

  it('has the version of the program and every route', () => {
    expect(DOCUMENT.info.version).toBe('1.2.3');
    expect(Object.keys(DOCUMENT.paths)).toEqual(
      ['bars', 'candles', 'coverage', 'symbols', 'status', 'live', 'openapi.json'].map(
        (name) => `/api/${name}`,
      ),
    );
  });
});

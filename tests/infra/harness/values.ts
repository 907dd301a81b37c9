import type { Properties } from './cloud.ts';

/** The keys by which the engine's protocol marks a value as more than plain data. */
export interface SignatureKeys {
  readonly specialSigKey: string;
  readonly specialSecretSig: string;
  readonly specialResourceSig: string;
  readonly specialAssetSig: string;
  readonly specialArchiveSig: string;
}

/**
 * Plain values: secrets are opened and their paths listed, references to resources become URNs, files become
 * their paths.
 */
export function unwrap(
  root: unknown,
  keys: SignatureKeys,
): { readonly value: Properties; readonly secrets: string[] } {
  const secrets: string[] = [];
  const walk = (value: unknown, at: string): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => walk(item, `${at}[${index}]`));
    if (value === null || typeof value !== 'object') return value;
    const record = value as Record<string, unknown>;
    const signature = record[keys.specialSigKey];
    if (signature === keys.specialSecretSig) {
      secrets.push(at);
      return walk(record.value, at);
    }
    if (signature === keys.specialResourceSig) return record.urn;
    if (signature === keys.specialAssetSig || signature === keys.specialArchiveSig) {
      return { asset: record.path ?? record.uri ?? '(inline)' };
    }
    return Object.fromEntries(
      Object.entries(record).map(([key, item]) => [key, walk(item, at ? `${at}.${key}` : key)]),
    );
  };
  return { value: walk(root, '') as Properties, secrets };
}

/** The same data without `undefined`, which the protocol cannot carry. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

import { readFileSync } from 'node:fs';

/** A file of the page. */
export interface PageFile {
  readonly body: Uint8Array;
  /** The media type, as in `content-type`. */
  readonly type: string;
}

const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
} as const;

/** The prebuilt page, about 220 kB, by the paths of its addresses. Throws the error of the file system. */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const entries = Object.entries(FILES).map(([path, [name, type]]) => {
    const body = readFileSync(new URL(`../dist/${name}`, import.meta.url));
    return [path, { body, type }] as const;
  });
  return new Map(entries);
}

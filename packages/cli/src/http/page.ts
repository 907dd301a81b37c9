import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Hono } from 'hono';
import type { AppPart } from './app.ts';

/** A file of the page. */
export interface PageFile {
  readonly body: string | Uint8Array;
  /** The media type, as in `content-type`. */
  readonly type: string;
}

/**
 * No script, style or request of another origin, and none inline. Styles that a script sets on an element are
 * no inline styles for a browser.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  // A browser asks each time, and gets 304 when it has the newest file.
  'cache-control': 'no-cache',
  vary: 'accept-encoding',
};

/** The routes of the page's files by path (`/`, `/page.js`), from memory, compressed once. */
export function pageRoutes(files: ReadonlyMap<string, PageFile>): AppPart {
  return (app) => {
    for (const [path, file] of files) addFile(app, path, file);
  };
}

function addFile(app: Hono, path: string, { body, type }: PageFile): void {
  const plain = typeof body === 'string' ? new TextEncoder().encode(body) : Uint8Array.from(body);
  const zipped = Uint8Array.from(gzipSync(plain, { level: 9 }));
  // Weak, because the compressed file has other bytes.
  const etag = `W/"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  app.get(path, (context) => {
    const headers = { ...HEADERS, etag };
    const known = context.req.header('if-none-match')?.split(/,\s*/) ?? [];
    if (known.includes(etag)) return context.body(null, 304, headers);
    const isZipped = /\bgzip\b/.test(context.req.header('accept-encoding') ?? '');
    if (!isZipped) return context.body(plain, 200, { ...headers, 'content-type': type });
    return context.body(zipped, 200, { ...headers, 'content-type': type, 'content-encoding': 'gzip' });
  });
}

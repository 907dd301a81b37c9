import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readPageFiles } from '@candlelake/page';
import { describe, expect, it } from 'vitest';
import { bundlePage, PAGE_OUTPUT } from '../../scripts/page/bundlePage.ts';

/** What the first picture may weigh, with the first bars (docs/decisions/0018-the-page-is-prebuilt.md). */
const MAX_BYTES = 100_000;

describe('packages/page/dist', () => {
  it('is what its sources give: run "npm run page:build" when this fails', async () => {
    const built = await bundlePage();
    expect(readdirSync(PAGE_OUTPUT).sort()).toEqual(built.map(({ name }) => name));
    for (const { name, content } of built)
      expect(readFileSync(join(PAGE_OUTPUT, name)).equals(content), name).toBe(true);
  });

  it('is small enough', () => {
    const sizes = [...readPageFiles().values()].map(({ body }) => gzipSync(body).length);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(MAX_BYTES);
  });

  it('carries the licence of the chart library, and the page its notice and link', () => {
    const text = (path: string) => new TextDecoder().decode(readPageFiles().get(path)?.body);
    expect(text('/page.js')).toMatch(/@license[\s*]+TradingView Lightweight Charts/);
    expect(text('/')).toMatch(/href="https:\/\/www\.tradingview\.com\/"[\s\S]*TradingView, Inc\./);
  });

  it('has nothing inline that a strict Content-Security-Policy refuses', () => {
    const html = new TextDecoder().decode(readPageFiles().get('/')?.body);
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=|javascript:/);
    const targets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target]) => target!);
    const files = targets.filter((target) => !target.startsWith('https://www.tradingview.com/'));
    expect(files.sort()).toEqual(['icon.svg', 'page.css', 'page.js']);
    for (const file of files) expect(readPageFiles().has(`/${file}`), file).toBe(true);
  });
});

/** `npm run page:build`: bundles the page into `packages/page/dist`, which is committed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundlePage, PAGE_OUTPUT } from './page/bundlePage.ts';

mkdirSync(PAGE_OUTPUT, { recursive: true });
for (const { name, content } of await bundlePage()) {
  writeFileSync(join(PAGE_OUTPUT, name), content);
  console.log(`${name}: ${content.length} bytes`);
}

import type { Browser } from 'playwright-core';
import { openPage, textOf } from './chromium.ts';

export interface PageMeasures {
  /** From the start of the navigation to the frame with the first bars. */
  readonly firstBarsMs: number;
  /** What came over the network until then, headers included. */
  readonly firstBytes: number;
  /** The longest task of the page's thread while it scrolled; a frame waits for it. */
  readonly longestTaskMs: number;
  /** Bars that were loaded while it scrolled. */
  readonly pages: number;
}

declare global {
  interface Window {
    measured: { firstBarsMs: number | null; firstBytes: number; tasks: number[] };
  }
}

/** How often the wheel is turned, each time by about a screen. */
const TURNS = 80;
/** The wheel is turned on until these are loaded: a busy machine answers fewer pages in the same turns. */
const MIN_PAGES = 4;

/** Opens the page in a profile without a cache, and scrolls back as fast as a wheel can. */
export async function measurePage(browser: Browser, url: string): Promise<PageMeasures> {
  const opened = await openPage(browser, 'about:blank');
  const { page } = opened;
  let pages = 0;
  page.on('response', (response) => {
    if (response.url().includes('/api/bars')) pages++;
  });
  await page.addInitScript(observe);
  await page.goto(url);
  await page.waitForFunction(() => window.measured.firstBarsMs !== null);
  const { firstBarsMs, firstBytes } = await page.evaluate(() => window.measured);
  await page.evaluate(() => window.measured.tasks.splice(0));
  await page.mouse.move(600, 300);
  for (let turn = 0; turn < TURNS || pages < MIN_PAGES; turn++) {
    await page.mouse.wheel(-1000, 0);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  }
  await textOf(page, '#legend');
  const tasks = await page.evaluate(() => window.measured.tasks);
  await opened.close();
  return { firstBarsMs: firstBarsMs!, firstBytes, longestTaskMs: Math.max(0, ...tasks), pages };
}

/** Runs in the page before its own scripts. Tasks of less than 50 ms are not reported by the browser. */
function observe(): void {
  window.measured = { firstBarsMs: null, firstBytes: 0, tasks: [] };
  new PerformanceObserver((list) => {
    window.measured.tasks.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: 'longtask' });
  const look = () => {
    if (!document.querySelector('#legend .part')) return void requestAnimationFrame(look);
    const loads = [
      ...performance.getEntriesByType('navigation'),
      ...performance.getEntriesByType('resource'),
    ];
    for (const load of loads as PerformanceResourceTiming[]) window.measured.firstBytes += load.transferSize;
    window.measured.firstBarsMs = performance.now();
  };
  requestAnimationFrame(look);
}

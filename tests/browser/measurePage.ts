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
    measured: { firstBarsMs: number | null; tasks: number[] };
  }
}

/** How often the wheel is turned, each time by about a screen. */
const TURNS = 80;

/** Opens the page in a profile without a cache, and scrolls back as fast as a wheel can. */
export async function measurePage(browser: Browser, url: string): Promise<PageMeasures> {
  const opened = await openPage(browser, 'about:blank');
  const { page } = opened;
  let bytes = 0;
  let pages = 0;
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  page.on('response', (response) => {
    if (response.url().includes('/api/bars')) pages++;
  });
  await page.addInitScript(observe);
  await page.goto(url);
  await page.waitForFunction(() => window.measured.firstBarsMs !== null);
  const firstBytes = bytes;
  const firstBarsMs = await page.evaluate(() => window.measured.firstBarsMs!);
  await page.evaluate(() => window.measured.tasks.splice(0));
  await page.mouse.move(600, 300);
  for (let turn = 0; turn < TURNS; turn++) {
    await page.mouse.wheel(-1000, 0);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  }
  await textOf(page, '#legend');
  const tasks = await page.evaluate(() => window.measured.tasks);
  await opened.close();
  return { firstBarsMs, firstBytes, longestTaskMs: Math.max(0, ...tasks), pages };
}

/** Runs in the page before its own scripts. Tasks of less than 50 ms are not reported by the browser. */
function observe(): void {
  window.measured = { firstBarsMs: null, tasks: [] };
  new PerformanceObserver((list) => {
    window.measured.tasks.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: 'longtask' });
  const look = () => {
    if (document.querySelector('#legend .part')) window.measured.firstBarsMs = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

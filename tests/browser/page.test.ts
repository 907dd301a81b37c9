import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { countPixels, launchChromium, type OpenedPage, openPage, textOf } from './chromium.ts';
import { END, fakeData, statusAt, withGap } from './fakeData.ts';
import { type FakeData, type FakeServer, startFakeServer } from './fakeServer.ts';

let browser: Browser;
const servers: FakeServer[] = [];
const pages: OpenedPage[] = [];

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

/** Whatever a test looks at, the page has no error and asks no other origin. */
afterEach(async () => {
  const problems = pages.flatMap((page) => page.problems);
  for (const page of pages.splice(0)) await page.close();
  for (const server of servers.splice(0)) server.close();
  expect(problems).toEqual([]);
});

interface OpenOptions {
  readonly query?: string;
  readonly browserOptions?: Parameters<typeof openPage>[2];
}

async function open(data: FakeData, { query = '', browserOptions = {} }: OpenOptions = {}) {
  const server = await startFakeServer(data);
  servers.push(server);
  const opened = await openPage(browser, `${server.url}/${query}`, browserOptions);
  pages.push(opened);
  return { server, page: opened.page, problems: opened.problems };
}

/** Resolves when the legend shows a text. */
const legend = (page: Page, text: string | RegExp) => until(() => textOf(page, '#legend')).toMatch(text);
const until = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 30_000 });
const range = (page: Page) => new URL(page.url()).searchParams.get('from');
const lastLegend = /2026-11-22 12:57 O .* candles 5\/7 open$/;

describe('the page', () => {
  it('draws candlesticks, averages, volume and ATR, and says everything of the last bar', async () => {
    const { page } = await open(fakeData(600));
    await legend(page, lastLegend);
    for (const color of ['up', 'down', 'ma-short', 'ma-long', 'atr', 'final'])
      await until(() => countPixels(page, color)).toBeGreaterThan(100);
    await until(() => page.title()).toMatch(/^[\d,]+\.\d BTC-USDT 21m$/);
    await until(() => textOf(page, '#status')).toBe(
      'live 4 ms behind last repair 12:57:00 (7 slots) lake as of 2026-11-22 13:11',
    );
  });

  it('moves with the open bar, and goes on with the next one', async () => {
    const { page, server } = await open(fakeData(600));
    await legend(page, lastLegend);
    const openBar = server.data.bars.at(-1)!;
    await server.send('bar', { ...openBar, close: 94_321.5, high: 94_400, candle_count: 6 });
    await legend(page, /C 94,321\.5 .* candles 6\/7 open$/);
    const closed = { ...openBar, close: 94_300, high: 94_400, candle_count: 7, is_open: false };
    await server.send('bar', { ...closed, status: 'complete' });
    await legend(page, /C 94,300\.0 .* candles 7\/7 complete$/);
    const times = { open_time: END, close_time: END + 1_260_000, bar_index: 38 };
    await server.send('bar', { ...openBar, ...times, candle_count: 1, close: 94_250 });
    await legend(page, /2026-11-22 13:18 .* C 94,250\.0 .* candles 1\/7 open$/);
  });

  it('loads history when the user scrolls back, up to its beginning, and comes back to the newest bar', async () => {
    const { page, server } = await open(fakeData(2500));
    await legend(page, lastLegend);
    const first = server.data.bars[0]!.open_time;
    const start = new Date(first).toISOString().slice(0, 16);
    await page.mouse.move(640, 300);
    await until(async () => {
      await page.mouse.wheel(-2000, 0);
      return range(page);
    }).toBe(`${start}Z`);
    await page.getByRole('button', { name: 'newest bar' }).click();
    await until(async () => range(page)).toBeNull();
    await until(() => page.locator('#newest').isVisible()).toBe(false);
  });

  it('shows a gap in the chart, the strip and the legend, and its repair', async () => {
    const data = fakeData(600);
    const [from, to] = [data.bars[575]!.open_time, data.bars[585]!.open_time];
    const whole = data.bars;
    const { page, server } = await open({ ...data, ...withGap(data, from, to) });
    await until(() => textOf(page, '#strip-legend')).toContain('missing 70');
    await until(() => countPixels(page, 'missing')).toBeGreaterThan(500);
    const repaired = whole.filter(({ open_time }) => open_time >= from && open_time < to);
    for (const bar of repaired) await server.send('revised', { ...bar, reason: 'filled' });
    await server.send('coverage', { symbol: 'BTC-USDT', interval: '3m', from, to, runs: [] });
    await until(() => textOf(page, '#strip-legend')).toContain('missing 0');
    await until(() => countPixels(page, 'missing')).toBe(0);
    await page.keyboard.press('t');
    const rows = () => page.locator('#table-body th').allInnerTexts();
    await until(rows).toContain(new Date(from).toISOString().slice(0, 16).replace('T', ' '));
  });

  it('shows an outage while it lasts, up to the present', async () => {
    const { page, server } = await open(fakeData(600));
    await legend(page, lastLegend);
    const to = END + 7_200_000;
    const run = { from: END, to, state: 'missing' };
    await server.send('coverage', { symbol: 'BTC-USDT', interval: '3m', from: END, to, runs: [run] });
    await server.send('status', statusAt(to));
    await until(() => textOf(page, '#strip-legend')).toContain('missing 40');
    await until(() => countPixels(page, 'missing')).toBeGreaterThan(400);
    const times = { open_time: to - 900_000, close_time: to + 360_000 };
    await server.send('bar', { ...server.data.bars.at(-1)!, ...times, candle_count: 1 });
    await legend(page, /^2026-11-22 15:03 .* candles 1\/7 open$/);
    expect(range(page)).toBeNull();
  });

  it('reads stale bars again', async () => {
    const data = fakeData(600);
    const { page, server } = await open(data);
    await legend(page, lastLegend);
    const bar = data.bars[596]!;
    server.data.bars = data.bars.map((row) => (row === bar ? { ...row, close: 77_777.7 } : row));
    await server.send('stale', { from: bar.open_time, to: bar.close_time });
    await page.keyboard.press('t');
    await until(() => textOf(page, '#table-body')).toContain('77,777.7');
  });
});

describe('a crossover at a live bar', () => {
  it('is announced once its bar is complete, taken back by a correction, and shown on the desktop on request', async () => {
    const permissions = ['notifications'];
    const { page, server } = await open(fakeData(600), { browserOptions: { permissions } });
    await legend(page, lastLegend);
    await page.evaluate(recordNotifications);
    await page.keyboard.press('?');
    await page.getByRole('button', { name: 'Crossovers on the desktop: off' }).click();
    await page.getByRole('button', { name: 'Crossovers on the desktop: on' }).waitFor();
    await page.keyboard.press('Escape');
    await until(() => page.locator('#help').isVisible()).toBe(false);
    const openBar = { ...server.data.bars.at(-1)!, ma_cross: 'DEATH_CROSS' };
    const closed = { ...openBar, is_open: false, candle_count: 7 };
    await server.send('bar', openBar);
    await server.send('bar', closed);
    await legend(page, /7\/7 provisional$/);
    expect(await page.locator('.notice').count()).toBe(0);
    await server.send('revised', { ...closed, status: 'complete', reason: 'settled' });
    await until(() => textOf(page, '#notices')).toMatch(
      /^Death cross: BTC-USDT 21m bar until 2026-11-22 13:18/,
    );
    await server.send('revised', { ...closed, status: 'complete', ma_cross: null, reason: 'corrected' });
    await until(() => textOf(page, '#notices')).toMatch(/Death cross taken back: BTC-USDT 21m/);
    const tag = 'swap#BTC-USDT#21m#2026-11-22T12:57Z#DEATH_CROSS';
    await until(() => page.evaluate(() => window.notified)).toEqual([
      ['Death cross: BTC-USDT 21m', tag],
      ['Death cross taken back: BTC-USDT 21m', tag],
    ]);
    await page.getByRole('button', { name: 'Close' }).first().click();
    await until(() => page.locator('.notice').count()).toBe(1);
  });
});

declare global {
  interface Window {
    notified: [string, string | undefined][];
  }
}

/** Runs in the page: a headless browser has no desktop, so notifications are noted. */
function recordNotifications(): void {
  window.notified = [];
  class Recorder {
    static readonly permission = 'granted';
    static requestPermission = async () => 'granted';
    constructor(title: string, { tag }: NotificationOptions) {
      window.notified.push([title, tag]);
    }
  }
  Object.assign(window, { Notification: Recorder });
}

/** The symbol that Enter would choose, as a screen reader is told it. */
async function activeSymbol(page: Page): Promise<string> {
  const id = await page.locator('#picker-input').getAttribute('aria-activedescendant');
  const selected = page.locator('#picker-list [aria-selected=true]');
  return id === (await selected.getAttribute('id')) ? selected.innerText() : `another than ${id}`;
}

const options = (page: Page) => page.locator('#picker-list [role=option]');

describe('the pickers', () => {
  it('find one of 600 symbols by typing, with keys alone', async () => {
    const { page } = await open(fakeData(100));
    await legend(page, lastLegend);
    await page.keyboard.press('/');
    await until(() => options(page).count()).toBe(600);
    await page.keyboard.type('doge');
    await until(() => options(page).allInnerTexts()).toEqual(['DOGE-USDT']);
    await page.keyboard.press('Enter');
    await until(() => textOf(page, '#symbol')).toBe('DOGE-USDT');
    await legend(page, /O [\d,]+\.\d{5} /);
    await until(async () => new URL(page.url()).searchParams.get('symbol')).toBe('DOGE-USDT');
  });

  it('move through the list by arrows, and say when nothing fits', async () => {
    const { page } = await open(fakeData(100));
    await legend(page, lastLegend);
    await page.getByRole('button', { name: 'BTC-USDT' }).click();
    await page.keyboard.press('ArrowDown');
    await until(() => activeSymbol(page)).toBe('ETH-USDT');
    await page.keyboard.type('zzz');
    await until(() => textOf(page, '#picker-none')).toBe('No symbol of the store fits.');
    await page.keyboard.press('Escape');
    await until(() => page.locator('#picker').isVisible()).toBe(false);
  });

  it('open at once with the known symbols, and take in a newer list without moving', async () => {
    const { page, server } = await open(fakeData(100));
    await legend(page, lastLegend);
    const answer = Promise.withResolvers<void>();
    server.data.beforeSymbols = answer.promise;
    await page.getByRole('button', { name: 'BTC-USDT' }).click();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await until(() => activeSymbol(page)).toBe('DOGE-USDT');
    await page.keyboard.type('coin1');
    await page.keyboard.press('ArrowDown');
    await until(() => activeSymbol(page)).toBe('COIN10-USDT');
    const count = await options(page).count();
    // Its name is shorter than that of every other symbol with "coin1": it becomes the first.
    server.data.symbols = [...server.data.symbols, { ...server.data.symbols[0]!, symbol: 'COIN1-USD' }];
    answer.resolve();
    await until(() => options(page).count()).toBe(count + 1);
    await until(() => options(page).first().innerText()).toBe('COIN1-USD');
    await until(() => activeSymbol(page)).toBe('COIN10-USDT');
    expect(await page.locator('#picker-input').inputValue()).toBe('coin1');
    await page.keyboard.press('Enter');
    await until(() => textOf(page, '#symbol')).toBe('COIN10-USDT');
  });

  it('open before the first list of symbols, and show it when it comes', async () => {
    const answer = Promise.withResolvers<void>();
    const { page } = await open({ ...fakeData(100), beforeSymbols: answer.promise });
    await until(() => textOf(page, '#status-state')).toBe('live');
    await page.keyboard.press('/');
    await until(() => page.locator('#picker').isVisible()).toBe(true);
    await page.keyboard.type('eth');
    answer.resolve();
    await until(() => activeSymbol(page)).toBe('ETH-USDT');
    await page.keyboard.press('Enter');
    await until(() => textOf(page, '#symbol')).toBe('ETH-USDT');
  });

  it('change the timeframe', async () => {
    const { page } = await open(fakeData(100));
    await legend(page, lastLegend);
    await page.getByLabel('Timeframe').selectOption('60m');
    await until(async () => new URL(page.url()).searchParams.get('timeframe')).toBe('60m');
  });
});

describe('the keyboard', () => {
  it('reads bar by bar, scrolls, zooms and comes back', async () => {
    const { page } = await open(fakeData(600));
    await legend(page, lastLegend);
    await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('Shift+ArrowLeft');
    await legend(page, /^2026-11-22 12:36 .* complete$/);
    await page.keyboard.press('Escape');
    await legend(page, lastLegend);
    for (let press = 0; press < 4; press++) await page.keyboard.press('ArrowLeft');
    await until(async () => range(page)).not.toBeNull();
    const before = range(page)!;
    await page.keyboard.press('-');
    await until(async () => range(page)! < before).toBe(true);
    await page.keyboard.press('+');
    await until(async () => range(page)).toBe(before);
    await page.keyboard.press('End');
    await until(async () => range(page)).toBeNull();
  });

  it('has a help', async () => {
    const { page } = await open(fakeData(100));
    await legend(page, lastLegend);
    await page.keyboard.press('?');
    await until(() => textOf(page, '#help')).toContain('choose a symbol');
    await page.getByRole('button', { name: 'Close' }).click();
    await until(() => page.locator('#help').isVisible()).toBe(false);
  });
});

describe('the view', () => {
  it('is kept in the address and comes back with it, far from the newest bar too', async () => {
    const query = '?symbol=ETH-USDT&timeframe=21m&from=2026-10-20T06:00Z&to=2026-10-21T06:00Z';
    const { page } = await open(fakeData(4000), { query });
    await until(() => textOf(page, '#symbol')).toBe('ETH-USDT');
    // The page writes the range in whole bars.
    await until(async () => range(page)).toBe('2026-10-20T05:57Z');
    const address = page.url();
    await page.reload();
    await legend(page, /^2026-/);
    await until(() => countPixels(page, 'up')).toBeGreaterThan(100);
    await until(async () => page.url()).toBe(address);
  });

  it('stays where it is when the server has lost events', async () => {
    const query = '?symbol=BTC-USDT&timeframe=21m&from=2026-10-20T06:00Z&to=2026-10-21T06:00Z';
    const data = fakeData(4000);
    const { page, server } = await open(data, { query });
    await until(() => countPixels(page, 'down')).toBeGreaterThan(1000);
    server.data.bars = data.bars.map((bar) => ({ ...bar, close: bar.open, high: bar.open, low: bar.open }));
    await server.send('reset', { reason: 'the events since then are not known' });
    await until(() => countPixels(page, 'down')).toBeLessThan(1000);
    await page.keyboard.press('+');
    await until(async () => range(page)).toMatch(/^2026-10-20T(0[7-9]|1)/);
  });

  it('shows the newest bars when the address is from before the first one', async () => {
    const query = '?symbol=BTC-USDT&timeframe=21m&from=2020-10-20T06:00Z&to=2020-10-21T06:00Z';
    const { page } = await open(fakeData(600), { query });
    await legend(page, lastLegend);
    await until(async () => range(page)).toBeNull();
  });

  it('is dark with the system, light on request, and stays so', async () => {
    const { page } = await open(fakeData(100), { browserOptions: { colorScheme: 'dark' } });
    await legend(page, lastLegend);
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await until(background).toBe('rgb(16, 19, 26)');
    await until(() => countPixels(page, 'background')).toBeGreaterThan(100_000);
    await page.getByRole('button', { name: 'Colours: system' }).click();
    await until(background).toBe('rgb(255, 255, 255)');
    await page.reload();
    await legend(page, lastLegend);
    await until(background).toBe('rgb(255, 255, 255)');
  });

  it('has times in UTC, and in those of the browser on request', async () => {
    const { page } = await open(fakeData(100));
    await legend(page, lastLegend);
    await page.keyboard.press('u');
    await legend(page, /^2026-11-22 21:57 /);
  });

  it('fits on a phone', async () => {
    const viewport = { width: 390, height: 780 };
    const { page } = await open(fakeData(600), {
      browserOptions: { viewport, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
    });
    await legend(page, lastLegend);
    await until(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
    const chart = () => page.locator('#chart').boundingBox();
    await until(async () => (await chart())?.width).toBe(viewport.width);
    await until(async () => (await chart())?.height).toBeGreaterThan(viewport.height / 2);
    await page.getByRole('button', { name: 'BTC-USDT' }).tap();
    await page.getByRole('option', { name: 'ETH-USDT' }).tap();
    await until(() => textOf(page, '#symbol')).toBe('ETH-USDT');
  });

  it('has the last bars as a table for those who cannot see the chart', async () => {
    const { page } = await open(fakeData(600));
    await legend(page, lastLegend);
    await page.getByRole('button', { name: 'Table' }).click();
    const table = page.getByRole('table', { name: 'The last bars, the newest first' });
    await until(() => table.getByRole('rowheader').first().innerText()).toBe('2026-11-22 12:57');
    await until(() => table.getByRole('row').count()).toBe(101);
    await until(() => page.getByRole('status').first().isVisible()).toBe(true);
  });

  it('has the values of a crossover in a tooltip', async () => {
    const data = fakeData(600);
    const { page } = await open(data);
    await legend(page, lastLegend);
    const index = data.bars.findLastIndex(({ ma_cross }) => ma_cross !== null);
    for (let step = data.bars.length - 1 - index; step >= 0; step--)
      await page.keyboard.press('Shift+ArrowLeft');
    const chart = (await page.locator('#chart').boundingBox())!;
    // The bars are 9 pixels wide and the last one is four places left of the price axis.
    let x = chart.width - 100;
    await until(async () => {
      await page.mouse.move(x, chart.y + 200);
      x = x > chart.width - 600 ? x - 4 : chart.width - 100;
      await page.evaluate(twoFrames);
      return page.locator('#tooltip').isVisible();
    }).toBe(true);
    await until(() => textOf(page, '#tooltip')).toMatch(
      /^(Golden|Death) cross 2026-11-22 .* MA 3 .* MA 7 .* Close /,
    );
  });
});

/** Runs in the page: resolves once what an event asked to draw is drawn. */
function twoFrames(): Promise<unknown> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

describe('when something is not there', () => {
  it('has no pane for the ATR of a lake without it', async () => {
    const rows = (page: Page) => until(() => page.locator('#chart table tr').count());
    const full = await open(fakeData(100));
    await legend(full.page, lastLegend);
    const { page } = await open({ ...fakeData(100), atrPeriod: null });
    await legend(page, lastLegend);
    // Prices, a line, the ATR and the axis of times; then without the line and the ATR.
    await rows(full.page).toBe(4);
    await rows(page).toBe(2);
  });

  const empty = (text: string | RegExp, page: Page) => until(() => textOf(page, '#empty')).toMatch(text);

  it('says what is going on until the first bar comes', async () => {
    const data = fakeData(1);
    const backfill = { requests_done: 3, requests_total: 6, eta_s: 4 };
    const message = 'backfilling: 3 of 6 requests, about 4 s';
    const { page, server } = await open({ ...data, bars: [], status: { ...data.status, backfill, message } });
    await empty(message, page);
    await server.send('status', { ...data.status, state: 'disconnected', message: 'no link: retrying' });
    await empty('no link: retrying', page);
    await server.send('status', statusAt(END));
    await empty('BTC-USDT has no bar of 21m yet', page);
    await server.send('bar', data.bars[0]);
    await legend(page, lastLegend);
    await until(() => page.locator('#empty').isVisible()).toBe(false);
  });

  it('waits for the first symbol', async () => {
    const data = fakeData(100);
    const { page, server } = await open({ ...data, symbols: [] });
    await empty('the store has no symbol yet', page);
    server.data.symbols = data.symbols;
    await legend(page, lastLegend);
  });

  it('says so when the address names a symbol that is not there', async () => {
    const { page, problems } = await open(fakeData(100), { query: '?symbol=NONE-USDT' });
    await empty('symbol "NONE-USDT": not in the store', page);
    // The browser itself reports the answer 404.
    await until(async () => problems.join()).toMatch(/^Failed to load resource.*404[^,]*$/);
    problems.length = 0;
  });
});

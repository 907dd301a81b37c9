import { rmSync } from 'node:fs';
import { NO_FAULTS } from '@candlelake/exchange-sim';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningProgram, startProgram } from '../cli/program.ts';
import { type Simulation, simulate, urlOf } from '../cli/simulation.ts';
import { countPixels, launchChromium, type OpenedPage, openPage, textOf } from './chromium.ts';
import { takePicture } from './pictures.ts';

/** Four hours before midnight: the pictures have a session behind them and one ahead. */
const START = Date.parse('2026-11-20T20:00:00Z');
/** A bar of 21 minutes takes 10.5 s. */
const SPEED = 120;
/** What a user is promised from the start of the program to live bars. */
const FIRST_BARS_MS = 30_000;

let browser: Browser;
let simulation: Simulation;
let program: RunningProgram;
let url: string;
const pages: OpenedPage[] = [];

function start(port: string): RunningProgram {
  const symbols = ['--symbol', 'BTC-USDT,ETH-USDT,DOGE-USDT'];
  const words = ['stream', ...simulation.flags, ...symbols, '--port', port];
  return startProgram(words, simulation.variables);
}

beforeAll(async () => {
  browser = await launchChromium();
  const symbols = ['BTC-USDT', 'ETH-USDT', 'DOGE-USDT'];
  simulation = await simulate({ from: START, speed: SPEED, symbols });
  program = start('0');
  url = await urlOf(program);
});

afterAll(async () => {
  await browser.close();
  program.process.kill('SIGTERM');
  await program.ended;
  await simulation.exchange.close();
  rmSync(simulation.output, { recursive: true });
});

async function open(options: Parameters<typeof openPage>[2] = {}): Promise<OpenedPage> {
  const opened = await openPage(browser, `${url}/`, options);
  pages.push(opened);
  return opened;
}

const until = (read: () => Promise<unknown>, timeout = 120_000) => expect.poll(read, { timeout });
const status = (page: Page) => textOf(page, '#status-state');
const strip = (page: Page) => textOf(page, '#strip-legend');
const legend = (page: Page) => textOf(page, '#legend');

/** Resolves when the open bar has changed twice. */
async function moves(page: Page): Promise<void> {
  for (let change = 0; change < 2; change++) {
    const before = await legend(page);
    await until(() => legend(page)).not.toBe(before);
  }
}

describe('the page of a running program', () => {
  it('goes through the life of a lake: first bars, a gap and its repair, a restart and a reload', async () => {
    const { page, problems } = await open();
    await until(() => legend(page), FIRST_BARS_MS).toMatch(/candles \d\/7 open$/);
    await until(() => countPixels(page, 'up')).toBeGreaterThan(1000);
    await until(() => status(page)).toBe('live');
    await moves(page);
    await until(() => strip(page)).toContain('missing 0');

    const { exchange } = simulation;
    exchange.setFaults({ silent: true, connect: 'drop', rest: 'http502', restShare: 1 });
    await until(() => status(page)).toMatch(/^no link since .*: retrying$/);
    // Three bars without a candle.
    await page.waitForTimeout((75 * 60_000) / SPEED);
    exchange.setFaults({ silent: false, connect: 'ok' });
    await until(() => strip(page)).toMatch(/missing [1-9]/);
    await moves(page);
    await until(() => countPixels(page, 'missing')).toBeGreaterThan(50);
    for (let press = 0; press < 4; press++) await page.keyboard.press('+');
    await takePicture(page, 'gap');
    exchange.setFaults(NO_FAULTS);
    await until(() => strip(page)).toContain('missing 0');
    await until(() => countPixels(page, 'missing')).toBe(0);
    await until(() => textOf(page, '#status-details')).toMatch(/last repair \d\d:\d\d:\d\d \(\d+ slots?\)/);

    program.process.kill('SIGTERM');
    await program.ended;
    await until(() => status(page)).toMatch(/^candlelake has not answered since/);
    program = start(new URL(url).port);
    await until(() => status(page)).toBe('live');
    await moves(page);
    await page.reload();
    await until(() => legend(page)).toMatch(/candles \d\/7 open$/);
    await moves(page);
    // The browser reports the connection that the restart closed, and nothing else.
    expect(problems.filter((text) => !/ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED)/.test(text))).toEqual([]);
  }, 300_000);

  it('looks good by day, by night and on a phone', async () => {
    const [light, dark] = [await open({ colorScheme: 'light' }), await open({ colorScheme: 'dark' })];
    for (const { page } of [light, dark]) {
      await until(() => legend(page)).toMatch(/candles \d\/7 open$/);
      await until(() => countPixels(page, 'down')).toBeGreaterThan(1000);
    }
    await takePicture(light.page, 'light');
    await dark.page.mouse.move(760, 250);
    await until(() => legend(dark.page)).toMatch(/complete$/);
    await takePicture(dark.page, 'dark');
    // The letters of a canvas are sharp at the scale of the browser, not at an emulated one.
    const sharp = await launchChromium(['--force-device-scale-factor=2']);
    const viewport = { width: 390, height: 780 };
    const phone = await openPage(sharp, `${url}/?symbol=ETH-USDT`, { viewport, deviceScaleFactor: 2 });
    await until(() => legend(phone.page)).toMatch(/candles \d\/7 open$/);
    await until(() => countPixels(phone.page, 'down')).toBeGreaterThan(500);
    await takePicture(phone.page, 'phone');
    for (const { problems } of [light, dark, phone]) expect(problems).toEqual([]);
    await sharp.close();
  });
});

import { readFileSync, rmSync } from 'node:fs';
import { MINUTE_MS, type StatusAnswer } from '@candlelake/core';
import { createSyntheticInstrument, parseClock, startExchange } from '@candlelake/exchange-sim';
import { expect, it } from 'vitest';
import { startProgram, temporaryFolder } from '../cli/program.ts';
import { urlOf } from '../cli/simulation.ts';
import { launchChromium, openPage } from './chromium.ts';
import { storeFiveYears } from './fiveYears.ts';
import { measurePage } from './measurePage.ts';

const SYMBOLS = ['BTC-USDT', 'ETH-USDT', 'DOGE-USDT'];
/** What a first picture may weigh; the times depend on the machine and are reported only. */
const MAX_FIRST_BYTES = 300_000;
const RUNS = 3;

it('draws the first bars of five years of three symbols from little data, and scrolls through them', async () => {
  const output = temporaryFolder();
  const end = await storeFiveYears(output, SYMBOLS);
  const CANDLELAKE_CLOCK = `${Date.now()}:${end + 5 * MINUTE_MS}:1`;
  const exchange = await startExchange({
    clock: parseClock(CANDLELAKE_CLOCK),
    instruments: SYMBOLS.map((symbol) => createSyntheticInstrument({ symbol })),
  });
  const addresses = ['--rest-url', exchange.restUrl, '--ws-url', exchange.wsUrl];
  const words = ['stream', '--symbol', SYMBOLS.join(), '--history-days', '0', '--output', output];
  const program = startProgram([...words, ...addresses], { CANDLELAKE_CLOCK });
  const browser = await launchChromium();
  try {
    const url = await urlOf(program);
    await expect.poll(() => isDerived(url), { timeout: 1_000_000, interval: 500 }).toBe(true);
    for (let run = 0; run < RUNS; run++) {
      const { firstBarsMs, firstBytes, longestTaskMs, pages } = await measurePage(browser, `${url}/`);
      expect(firstBytes).toBeLessThan(MAX_FIRST_BYTES);
      const task = longestTaskMs === 0 ? 'less than 50' : longestTaskMs.toFixed(0);
      console.log(
        `page, five years of 21m bars of three symbols: first bars after ${firstBarsMs.toFixed(0)} ms (aim 1000), ` +
          `${(firstBytes / 1000).toFixed(0)} kB to the first picture (aim 300), longest task while scrolling ` +
          `${task} ms (aim 100), ${pages} pages of bars`,
      );
    }
    const { close } = await openPage(browser, `${url}/`);
    console.log(`memory of candlelake with the page open: ${residentMegabytes(program.process.pid!)} MB`);
    await close();
  } finally {
    await browser.close();
    program.process.kill('SIGTERM');
    await program.ended;
    await exchange.close();
    rmSync(output, { recursive: true });
  }
}, 1_200_000);

/** The lake has been derived from all candles of the store. */
async function isDerived(url: string): Promise<boolean> {
  const { as_of } = (await (await fetch(`${url}/api/status`)).json()) as StatusAnswer;
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return as_of !== null && /^candlelake_lake_dirty_days 0$/m.test(metrics);
}

/** Linux only, as the lane is. */
function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round((Number(kilobytes) * 1024) / 1e6);
}

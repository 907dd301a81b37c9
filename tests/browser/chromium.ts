import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Where Debian and others put Chromium; `CHROMIUM` names another one. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A headless Chromium of this machine; `playwright-core` itself never downloads one. Throws without it. */
export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? PLACES.find((place) => existsSync(place));
  if (!executablePath)
    throw new Error(`Chromium: none of ${PLACES.join(', ')}, expected it installed or named by CHROMIUM`);
  // Its sandbox does not start for root, which is who runs CI; the page is ours.
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...args] });
}

export interface OpenedPage {
  readonly page: Page;
  /** Errors of the console and of scripts, and requests to another origin than the page's own. */
  readonly problems: string[];
  close(): Promise<void>;
}

const DESKTOP = { width: 1280, height: 760 };

/** Opens an address in a profile of its own and collects everything that is wrong with it. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: DESKTOP, timezoneId: 'Asia/Tokyo', ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error.stack ?? error)));
  page.on('request', (request) => {
    if (url !== 'about:blank' && new URL(request.url()).origin !== new URL(url).origin)
      problems.push(`request of ${request.url()}`);
  });
  await page.goto(url);
  return { page, problems, close: () => context.close() };
}

/** The number of pixels of the chart that have a colour of the style sheet, such as `up`. */
export function countPixels(page: Page, color: string): Promise<number> {
  return page.evaluate((name) => {
    const probe = document.body.appendChild(document.createElement('span'));
    probe.style.color = `var(--${name})`;
    const wanted = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number);
    probe.remove();
    let count = 0;
    for (const canvas of document.querySelectorAll<HTMLCanvasElement>('#chart canvas, #strip')) {
      if (canvas.width === 0 || canvas.height === 0) continue;
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const context = copy.getContext('2d', { willReadFrequently: true })!;
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      for (let index = 0; index < data.length; index += 4)
        if (data[index] === wanted[0] && data[index + 1] === wanted[1] && data[index + 2] === wanted[2])
          count++;
    }
    return count;
  }, color);
}

/** The text of an element, its whitespace folded. */
export async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).innerText()).replaceAll(/\s+/g, ' ').trim();
}

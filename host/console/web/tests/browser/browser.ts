// What the browser tests share: a browser, a mock server and a page that tells whatever must not happen.

import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Mock, startMock } from '../mock-server';
import { PASSWORD } from '../mock/people';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser;

/** Starts the browser for the tests of one file. PROVISO_CHROMIUM names another than Debian's. */
export function withBrowser(): void {
  beforeAll(async () => {
    const executablePath = process.env.PROVISO_CHROMIUM ?? '/usr/bin/chromium';
    browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  });
  afterAll(() => browser.close());
}

export interface Desk {
  readonly mock: Mock;
  readonly page: Page;
  /** Another window of another person, beside the first. */
  readonly another: (options?: BrowserContextOptions) => Promise<Page>;
}

/** Runs `work` at a page over a mock of its own, and then looks for what no page may do. */
export async function atDesk(
  options: { alerts?: number; page?: BrowserContextOptions },
  work: (desk: Desk) => Promise<void>,
): Promise<void> {
  const mock = await startMock(options.alerts ?? 40);
  const strayed: string[] = [];
  const broken: string[] = [];
  const open = async (page?: BrowserContextOptions) => {
    const context = await browser.newContext({
      locale: 'en-US',
      timezoneId: 'Asia/Shanghai',
      viewport: { width: 1280, height: 800 },
      ...options.page,
      ...page,
    });
    context.on('request', (request) => {
      if (!request.url().startsWith(mock.url)) strayed.push(request.url());
    });
    const fresh = await context.newPage();
    await fresh.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    fresh.on('console', (told) => {
      // That nobody is signed in yet, and what a test has refused, the browser tells as an error too.
      if (told.type() === 'error' && !/status of (401|403|404|409|422|429)/.test(told.text())) broken.push(told.text());
    });
    fresh.on('pageerror', (error) => broken.push(error.message));
    return fresh;
  };
  try {
    const page = await open();
    await work({ mock, page, another: open });
    await Promise.all(
      page
        .context()
        .pages()
        .map((one) => one.context().close()),
    );
    expect(strayed, 'requests to another host').toEqual([]);
    expect(mock.violations, 'violations of the Content-Security-Policy').toEqual([]);
    expect(broken, 'errors in the browser').toEqual([]);
  } finally {
    await mock.close();
  }
}

export async function signIn(page: Page, mock: Mock, name: string, path = '/'): Promise<void> {
  await page.goto(`${mock.url}/console${path}`);
  await page.fill('input[autocomplete=username]', name);
  await page.fill('input[type=password]', PASSWORD);
  await page.click('button[type=submit]');
}

/** Waits until the alert of this number is shown with its message. */
export const shown = (page: Page, number: number) => page.waitForSelector(`[data-alert="${number}"] .near-this`);

/** The number of the alert that is shown. */
export const numberOf = async (page: Page) =>
  Number(await page.locator('[data-alert]').first().getAttribute('data-alert'));

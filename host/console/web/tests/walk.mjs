// A walk through the pages of a real daemon: first password, queue, a decision, the overview. Fails at whatever no page may do.
//
//   node tests/walk.mjs ADDRESS NAME FIRST-PASSWORD [zh-CN|en-US [FOLDER]]
//
// With a folder it leaves a picture of each page there. Prints the number of the alert that was decided.

/* global document */
import { chromium } from 'playwright-core';

const [address, name, first, locale = 'en-US', folder] = process.argv.slice(2);
const chosen = 'four words of my own';
const browser = await chromium.launch({
  executablePath: process.env['PROVISO_CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const context = await browser.newContext({
  locale,
  timezoneId: 'Asia/Shanghai',
  viewport: { width: 1280, height: 800 },
});
const page = await context.newPage();
const forbidden = [];
context.on('request', (request) => {
  if (!request.url().startsWith(`http://${address}/`)) forbidden.push(`a request to ${request.url()}`);
});
await page.addInitScript(() => {
  document.addEventListener('securitypolicyviolation', (event) => {
    console.error(`violation: ${event.violatedDirective} ${event.blockedURI}`);
  });
});
page.on('console', (told) => {
  // That nobody is signed in yet the browser tells as an error too.
  if (told.type() === 'error' && !/status of (401|403)/.test(told.text())) forbidden.push(told.text());
});
page.on('pageerror', (error) => forbidden.push(error.message));
const picture = async (of) => {
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${of}.png` });
};

await page.goto(`http://${address}/`);
await page.fill('input[autocomplete=username]', name);
await page.fill('input[type=password]', first);
await picture('sign-in');
await page.click('button[type=submit]');
await page.waitForSelector('input[autocomplete=new-password]');
const fields = page.locator('input[type=password]');
await fields.nth(0).fill(first);
await fields.nth(1).fill(chosen);
await fields.nth(2).fill(chosen);
await page.click('button[type=submit]');

await page.waitForSelector('.row');
await picture('queue');
await page.keyboard.press('j');
await page.keyboard.press('Enter');
await page.waitForSelector('[data-alert] .near-this');
const number = await page.locator('[data-alert]').first().getAttribute('data-alert');
if ((await page.locator('mark').count()) === 0) forbidden.push('nothing is marked in the message');
await picture('alert');
await page.keyboard.press('2');
await page.waitForSelector('.notice');
await page.goto(`http://${address}/console/overview`);
await page.waitForSelector('canvas');
// The chart draws itself within a moment.
await page.waitForTimeout(1_000);
await picture('overview');
await browser.close();
if (forbidden.length > 0) {
  console.error(forbidden.join('\n'));
  process.exit(1);
}
console.log(number);

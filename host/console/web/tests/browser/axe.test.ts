// Every page and every dialog can be used by everybody, as far as axe can tell: in both languages, light and dark.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { faults } from './axe';
import { atDesk, type Desk, shown, signIn, withBrowser } from './browser';

withBrowser();

type Scene = [name: string, who: string, path: string, arrive: (page: Page, desk: Desk) => Promise<unknown>];

const dialogBy = (key: string) => async (page: Page) => {
  await page.waitForSelector('.row, [data-alert] .near-this');
  await page.keyboard.press(key);
  await page.getByRole('dialog').waitFor();
};

const SCENES: Scene[] = [
  ['first password', 'new.hire', '/', (page) => page.waitForSelector('input[autocomplete=new-password]')],
  ['code', 'mia.hart', '/', (page) => page.waitForSelector('input[autocomplete=one-time-code]')],
  ['sign-in refused', 'nobody', '/', (page) => page.waitForSelector('.problem')],
  ['queue', 'lin.fei', '/alerts?tenant=bank&severity=high', (page) => page.waitForSelector('.row')],
  [
    'queue marked',
    'lin.fei',
    '/alerts',
    async (page) => {
      await page.waitForSelector('.row');
      await page.keyboard.press('j');
      await page.keyboard.press('x');
      await page.waitForSelector('.bulk-bar');
    },
  ],
  ['queue, nothing there', 'lin.fei', '/alerts?view=escalated', (page) => page.waitForSelector('.empty')],
  ['filter', 'lin.fei', '/alerts', dialogBy('/')],
  ['keys in the queue', 'lin.fei', '/alerts', dialogBy('?')],
  [
    'many decided',
    'lin.fei',
    '/alerts',
    async (page) => {
      await page.locator('.list-head input').check();
      await page.locator('.bulk-bar button').first().click();
      await page.getByRole('dialog').waitFor();
    },
  ],
  [
    'many assigned, and the number differs',
    'lin.fei',
    '/alerts',
    async (page, { mock }) => {
      mock.api.alerts.arrive(100);
      await page.reload();
      await page.locator('.list-head input').check();
      await page.locator('.bulk-bar .ant-btn-link').click();
      await page.locator('.bulk-bar button').nth(1).click();
      const dialog = page.getByRole('dialog');
      await dialog.locator('input[type=radio]').nth(2).check();
      await dialog.locator('input:not([type=radio])').fill('chen.yu');
      mock.api.alerts.arrive(1);
      await dialog.locator('button[type=submit]').click();
      await dialog.locator('.ant-alert-warning').waitFor();
    },
  ],
  ['alert', 'lin.fei', '/alerts/8', (page) => shown(page, 8)],
  [
    'alert with overlapping spans, after a decision',
    'lin.fei',
    '/alerts/6',
    async (page) => {
      await shown(page, 6);
      await page.keyboard.press('4');
      await page.waitForSelector('.notice');
    },
  ],
  [
    'alert that is closed',
    'lin.fei',
    '/alerts/5',
    async (page, { mock }) => {
      mock.api.alerts.decide(5, 'chen.yu', 'violation', 'clear-breach', '已与当事人核实。');
      await page.reload();
      await shown(page, 5);
    },
  ],
  ['alert of a held message', 'lin.fei', '/alerts/17', (page) => shown(page, 17)],
  [
    'alert without its message',
    'lin.fei',
    '/alerts/9',
    async (page, { mock }) => {
      mock.api.alerts.gone.add(9);
      await page.reload();
      await shown(page, 9);
    },
  ],
  ['keys at an alert', 'lin.fei', '/alerts/3', dialogBy('?')],
  [
    'decision with a reason',
    'lin.fei',
    '/alerts/3',
    async (page) => {
      await page.locator('.decide .buttons button').first().click();
      await page.getByRole('dialog').waitFor();
    },
  ],
  ['overview', 'lin.fei', '/overview', (page) => page.waitForSelector('canvas')],
  [
    'account',
    'lin.fei',
    '/account',
    async (page) => {
      await page.waitForSelector('table');
      await page.locator('section').nth(2).locator('input').fill('correct horse battery');
      await page.locator('section').nth(2).locator('button').click();
      await page.waitForSelector('.qr');
    },
  ],
  ['requests of two persons', 'lin.fei', '/requests?number=5', (page) => page.waitForSelector('.request-panel')],
  ['requests of two persons, none there', 'lin.fei', '/requests?view=run', (page) => page.waitForSelector('.empty')],
  [
    'approval of a request',
    'lin.fei',
    '/requests?number=4',
    async (page) => {
      await page.locator('.request-panel .ant-btn-primary').click();
      await page.getByRole('dialog').waitFor();
    },
  ],
  ['users', 'root.wang', '/users', (page) => page.waitForSelector('tbody tr')],
  [
    'add a user',
    'root.wang',
    '/users',
    async (page) => {
      await page.waitForSelector('tbody tr');
      await page.locator('.page-head button').click();
      await page.getByRole('dialog').waitFor();
    },
  ],
  [
    'roles',
    'root.wang',
    '/users',
    async (page) => {
      await page.locator('tbody tr').first().locator('button').first().click();
      await page.getByRole('dialog').waitFor();
    },
  ],
  [
    'new password and second proof',
    'root.wang',
    '/users',
    async (page) => {
      await page.locator('tbody tr').first().locator('button').nth(1).click();
      await page.getByRole('dialog').locator('button.ant-btn-primary').click();
      await page.getByRole('dialog').nth(1).waitFor();
    },
  ],
  [
    'password told once',
    'root.wang',
    '/users',
    async (page, { mock }) => {
      mock.api.stepUpWanted = false;
      await page.locator('tbody tr').first().locator('button').nth(1).click();
      await page.getByRole('dialog').locator('button.ant-btn-primary').click();
      await page.getByRole('dialog').locator('.secret').waitFor();
    },
  ],
  ['not permitted', 'root.wang', '/alerts', (page) => page.waitForSelector('.message-page')],
  ['no such page', 'lin.fei', '/nowhere', (page) => page.waitForSelector('.message-page')],
];

/** Each look opens two dozen pages, on a machine that may have other work. */
const LOOK_MS = 400_000;

const LOOKS = [
  ['en-US', 'light'],
  ['en-US', 'dark'],
  ['zh-CN', 'light'],
  ['zh-CN', 'dark'],
] as const;

/** Each scene in one look, by turns; `make looks` has all of them. */
const inTurn = (look: number): Scene[] =>
  process.env.PROVISO_LOOKS === 'all' ? SCENES : SCENES.filter((_, at) => at % LOOKS.length === look);

for (const [look, [locale, colorScheme]] of LOOKS.entries()) {
  test(
    `axe finds nothing on any page or dialog in ${locale}, ${colorScheme}`,
    async () => {
      const found: string[] = [];
      for (const [name, who, path, arrive] of inTurn(look)) {
        await atDesk({ alerts: 20, page: { locale, colorScheme } }, async (desk) => {
          await signIn(desk.page, desk.mock, who, path);
          await arrive(desk.page, desk);
          found.push(...(await faults(desk.page)).map((fault) => `${name}: ${fault}`));
        });
      }
      expect(found).toEqual([]);
    },
    LOOK_MS,
  );
}

test('axe finds nothing on the queue and an alert of a tablet', () =>
  atDesk({ page: { viewport: { width: 834, height: 1112 } } }, async ({ page, mock }) => {
    await signIn(page, mock, 'lin.fei', '/alerts');
    await page.waitForSelector('.row');
    expect(await faults(page)).toEqual([]);
    await page.locator('.row-link').first().click();
    await page.waitForSelector('[data-alert] .near-this');
    expect(await faults(page)).toEqual([]);
  }));

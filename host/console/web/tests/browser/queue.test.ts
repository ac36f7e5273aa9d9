// The queue: filters in the address, many at once, arrivals between; and the language.

import { expect, test } from 'vitest';
import { atDesk, signIn, withBrowser } from './browser';

withBrowser();

test('what is filtered stands in the address, and the address brings it back', () =>
  atDesk({ alerts: 120 }, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts');
    await page.waitForSelector('.row');
    await page.keyboard.press('/');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Tenant').fill('bank');
    await dialog.getByLabel('Severity').selectOption('high');
    await dialog.getByRole('button', { name: 'Show' }).click();
    await page.waitForURL('**/alerts?tenant=bank&severity=high');
    const wanted = mock.api.alerts.find({ tenant: 'bank', severity: 'high' }, 'lin.fei', () => true).counts.open;
    await expect.poll(() => page.locator('.tabs [aria-current] .count').innerText()).toBe(String(wanted));
    await page.reload();
    await expect.poll(() => page.locator('.chip').count()).toBe(2);
    await page.getByRole('button', { name: 'Remove the filter Severity: High' }).click();
    await page.waitForURL('**/alerts?tenant=bank');
    await page.goBack();
    await expect.poll(() => page.locator('.chip').count()).toBe(2);
  }));

test('a view without alerts says so, and what to do', () =>
  atDesk({ alerts: 6 }, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts?view=escalated');
    await page.waitForSelector('text=No escalated alert waits for an answer.');
    await page.getByRole('link', { name: 'Show the open ones' }).click();
    await page.waitForSelector('.row');
  }));

test('arrivals appear by themselves while somebody is there, and a page that nobody attends keeps no session alive', () =>
  atDesk({}, async ({ mock, page }) => {
    await page.clock.install();
    await signIn(page, mock, 'lin.fei', '/alerts');
    await page.waitForSelector('.row');
    const asked = () => mock.requests.filter((request) => request === 'GET /api/alerts').length;
    const open = page.locator('.tabs [aria-current] .count');
    mock.api.alerts.arrive(1);
    await page.clock.runFor(25_000);
    await expect.poll(() => open.innerText()).toBe('41');

    await page.clock.fastForward(11 * 60_000);
    await page.clock.runFor(31_000);
    await page.waitForTimeout(200);
    const before = asked();
    await page.clock.runFor(120_000);
    await page.waitForTimeout(200);
    expect(asked()).toBe(before);

    mock.api.alerts.arrive(1);
    await page.mouse.move(300, 300);
    await page.clock.runFor(25_000);
    await expect.poll(() => open.innerText()).toBe('42');
  }));

test('a list of a thousand has only the rows near the window in the page, and all of them can be reached', () =>
  atDesk({ alerts: 1000 }, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts');
    await page.waitForSelector('.row');
    for (let times = 0; times < 60; times += 1) {
      expect(await page.locator('.row').count()).toBeLessThan(60);
      await page.mouse.wheel(0, 4000);
      await page.waitForTimeout(40);
      if (await page.locator('[aria-posinset="1000"]').count()) break;
    }
    await page.waitForSelector('[aria-posinset="1000"]');
  }));

test('rows chosen by hand are decided together, and the button says how many', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts');
    for (const number of [2, 4, 5])
      await page.getByRole('checkbox', { name: `Select alert ${number}`, exact: true }).check();
    await page.getByRole('button', { name: 'Decide…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('False positive').check();
    await dialog.getByLabel('Reason (optional)').selectOption('quoted');
    await dialog.getByRole('button', { name: 'False positive: 3 alerts' }).click();
    await page.waitForSelector('text=3 alerts changed.');
    for (const number of [2, 4, 5]) {
      expect(mock.api.alerts.get(number).reviews).toMatchObject([{ decision: 'false-positive', reason: 'quoted' }]);
    }
    expect(mock.api.alerts.row(3).state).toBe('open');
  }));

test('if alerts arrive between the look and the act nothing is changed, and the new number is offered', () =>
  atDesk({ alerts: 130 }, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts');
    await page.getByRole('checkbox', { name: 'Select the 100 shown' }).check();
    await page.getByRole('button', { name: 'Select all 130 of this filter' }).click();
    await page.waitForSelector('text=All 130 of this filter are selected');
    await page.getByRole('button', { name: 'Assign…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    mock.api.alerts.arrive(2);
    await dialog.getByRole('button', { name: 'Assign 130 alerts' }).click();
    await dialog.getByText('The filter found 130 alerts when you looked; now it finds 132.').waitFor();
    const mine = () => [...mock.api.alerts.stored.values()].filter(({ row }) => row.assignee === 'lin.fei').length;
    expect(mine()).toBe(0);
    await dialog.getByRole('button', { name: 'Assign 132 alerts' }).click();
    await page.waitForSelector('text=132 alerts changed.');
    expect(mine()).toBe(132);
    await expect.poll(() => page.locator('.tabs a', { hasText: 'Mine' }).locator('.count').innerText()).toBe('132');
  }));

test('if one of the chosen rows was closed by somebody else nothing is changed, and it is told', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts');
    for (const number of [2, 4]) {
      await page.getByRole('checkbox', { name: `Select alert ${number}`, exact: true }).check();
    }
    await page.getByRole('button', { name: 'Decide…' }).click();
    mock.api.alerts.decide(4, 'chen.yu', 'violation', null, null);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'No issue: 2 alerts' }).click();
    await dialog.getByText('The number of alerts has changed. Nothing was done').waitFor();
    expect(mock.api.alerts.row(2).decision).toBeNull();
  }));

test('a reviewer without the right to act on many is offered no boxes', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'chen.yu', '/alerts');
    await page.waitForSelector('.row');
    expect(await page.getByRole('checkbox').count()).toBe(0);
  }));

test('a manager sees an alert and is offered no decision', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'zhao.min', '/alerts');
    await page.locator('.row-link').first().click();
    await page.waitForSelector('text=Your role may look at this alert and not decide it.');
    await page.keyboard.press('2');
    expect(await page.getByRole('button', { name: 'Violation' }).count()).toBe(0);
    expect(mock.requests.filter((request) => request.startsWith('POST /api/alerts'))).toEqual([]);
  }));

test('the language is the browser’s until it is switched, and stays as it was switched', () =>
  atDesk({ page: { locale: 'zh-CN' } }, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts');
    await page.waitForSelector('h1:text("预警")');
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    expect(await page.locator('.row-due').first().innerText()).toMatch(/(还剩|超时) \d+ (小时|分钟|天)/);
    await page.getByLabel('语言').selectOption('en');
    await page.waitForSelector('h1:text("Alerts")');
    await page.reload();
    await page.waitForSelector('h1:text("Alerts")');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  }));

test('more of the conversation is shown on asking, and nothing is read a second time for it', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts/3');
    await page.waitForSelector('.near-this');
    expect(await page.locator('.near').count()).toBe(11);
    await page.getByRole('button', { name: 'Show more of the conversation' }).click();
    expect(await page.locator('.near').count()).toBe(21);
    expect(mock.requests.filter((request) => request === 'GET /api/alerts/3').length).toBe(1);
  }));

test('an alert whose message is gone says so, and can be decided', () =>
  atDesk({}, async ({ mock, page }) => {
    mock.api.alerts.gone.add(3);
    await signIn(page, mock, 'lin.fei', '/alerts/3');
    await page.waitForSelector('text=This message is not shown');
    await page.keyboard.press('5');
    await expect.poll(() => mock.api.alerts.row(3).decision).toBe('unclear');
  }));

test('what a message has of markup is text, and Arabic stands from right to left', () =>
  atDesk({}, async ({ mock, page }) => {
    const arabic =
      [...mock.api.alerts.stored.values()].find(({ scene }) => scene?.rule === 'account-list')?.row.number ?? 0;
    await signIn(page, mock, 'lin.fei', `/alerts/${arabic}`);
    const text = page.locator('.near-this .text');
    await text.waitFor();
    expect(await text.innerText()).toContain('<img src=x onerror=alert(1)>');
    expect(await text.locator('img, b').count()).toBe(0);
    expect(await text.evaluate((element) => getComputedStyle(element).direction)).toBe('rtl');
  }));

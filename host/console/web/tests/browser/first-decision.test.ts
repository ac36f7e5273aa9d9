// From the first sign-in to the first decision, and what else a person does with the account.

import { expect, test } from 'vitest';
import { CODE, PASSWORD } from '../mock/people';
import { atDesk, numberOf, shown, signIn, withBrowser } from './browser';

withBrowser();

test('a person who signs in first chooses a password, comes to the queue and decides an alert', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'new.hire', '/alerts');
    await page.waitForSelector('text=Choose your own password');
    const fields = page.locator('input[type=password]');
    await fields.nth(0).fill('correct horse battery');
    await fields.nth(1).fill('short');
    await fields.nth(2).fill('short');
    await page.click('button[type=submit]');
    await page.waitForSelector('text=too short');
    await fields.nth(1).fill('four words of my own');
    await fields.nth(2).fill('four words of my own');
    await page.click('button[type=submit]');

    await page.waitForSelector('.row');
    await page.locator('.row-link').first().click();
    await page.waitForSelector('[data-alert] .near-this');
    const number = await numberOf(page);
    expect(await page.locator('mark').count()).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Violation' }).click();
    await page.waitForSelector(`text=Alert ${number}: Violation.`);
    await expect.poll(() => mock.api.alerts.row(number).decision).toBe('violation');
    expect(mock.api.alerts.get(number).reviews).toMatchObject([{ by: 'person:new.hire', act: 'decided' }]);
    expect(await numberOf(page)).not.toBe(number);
  }));

test('a wrong password is told in words, and then the right one opens', () =>
  atDesk({}, async ({ mock, page }) => {
    await page.goto(`${mock.url}/console/`);
    await page.fill('input[autocomplete=username]', 'chen.yu');
    await page.fill('input[type=password]', 'not the password');
    await page.click('button[type=submit]');
    expect(await page.getByRole('alert').innerText()).toContain('Name, password or code is wrong');
    await page.fill('input[type=password]', 'correct horse battery');
    await page.click('button[type=submit]');
    await page.waitForSelector('.row');
  }));

test('who has a second factor is asked for the code, and a wrong code is refused', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'mia.hart');
    const code = page.locator('input[autocomplete=one-time-code]');
    await code.waitFor();
    await expect.poll(() => code.evaluate((field) => field === document.activeElement)).toBe(true);
    await code.fill('000000');
    await page.click('button[type=submit]');
    await page.waitForSelector('.problem');
    await code.fill(CODE);
    await page.click('button[type=submit]');
    await page.waitForSelector('.row');
  }));

test('a second factor is set up by its secret as image and as text, and taken away again', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'chen.yu');
    await page.waitForSelector('.row');
    await page.getByRole('link', { name: 'My account' }).click();
    const section = page.locator('section', { hasText: 'Second factor' });
    await section.locator('input[type=password]').fill('correct horse battery');
    await section.getByRole('button', { name: 'Set it up' }).click();
    await section.getByRole('img').waitFor();
    expect(await section.locator('.secret').innerText()).toBe('JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP');
    await section.locator('input').fill('111111');
    await section.getByRole('button', { name: 'Confirm' }).click();
    await section.getByRole('alert').waitFor();
    await section.locator('input').fill(CODE);
    await section.getByRole('button', { name: 'Confirm' }).click();
    await section.getByRole('button', { name: 'Take the second factor away' }).waitFor();
    expect(mock.api.people.people.get('chen.yu')?.totp).toBe(true);
    // With a second factor a new password wants the code too.
    const change = page.locator('section', { hasText: 'New password again' });
    for (const [at, text] of [
      'correct horse battery',
      'four words of my own',
      'four words of my own',
      CODE,
    ].entries()) {
      await change.locator('input').nth(at).fill(text);
    }
    await change.getByRole('button', { name: 'Change the password' }).click();
    await page.waitForSelector('text=The password is changed.');
    await section.locator('input[type=password]').fill('four words of my own');
    await section.locator('input').nth(1).fill(CODE);
    await section.getByRole('button', { name: 'Take the second factor away' }).click();
    await section.getByRole('button', { name: 'Set it up' }).waitFor();
    expect(mock.api.people.people.get('chen.yu')?.totp).toBe(false);
  }));

test('a session elsewhere is ended from the account, and that window has to sign in again', () =>
  atDesk({}, async ({ mock, page, another }) => {
    const elsewhere = await another();
    await signIn(elsewhere, mock, 'chen.yu');
    await elsewhere.waitForSelector('.row');
    await signIn(page, mock, 'chen.yu');
    await page.waitForSelector('.row');
    await page.getByRole('link', { name: 'My account' }).click();
    await page.getByRole('button', { name: 'End' }).click();
    await expect.poll(() => page.getByRole('button', { name: 'End' }).count()).toBe(0);
    await elsewhere.getByRole('link', { name: 'Overview' }).click();
    await elsewhere.waitForSelector('input[autocomplete=username]');
    await elsewhere.context().close();
  }));

test('after signing out nothing of the queue is left, and the next person sees only his own', () =>
  atDesk({}, async ({ mock, page }) => {
    const asked = () => mock.requests.filter((request) => request === 'GET /api/overview').length;
    await signIn(page, mock, 'lin.fei');
    await page.waitForSelector('.row');
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.waitForSelector('.figures');
    expect(asked()).toBe(1);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForSelector('input[autocomplete=username]');
    expect(await page.locator('.row, .figures').count()).toBe(0);

    // The same page for another: it is asked for anew, whatever the browser still had.
    await page.fill('input[autocomplete=username]', 'ann.audit');
    await page.fill('input[type=password]', PASSWORD);
    await page.click('button[type=submit]');
    await page.waitForSelector('.figures');
    expect(asked()).toBe(2);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForSelector('input[autocomplete=username]');
    await signIn(page, mock, 'root.wang', '/alerts');
    await page.waitForSelector('text=This page is not for your role');
    expect(await page.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual(['Users', 'My account']);
  }));

test('an alert of another tenant is not there, in the same words as one that does not exist', () =>
  atDesk({}, async ({ mock, page }) => {
    const foreign = [...mock.api.alerts.stored.values()].find(({ row }) => row.tenant === 'broker')?.row.number ?? 0;
    await signIn(page, mock, 'chen.yu', `/alerts/${foreign}`);
    await page.waitForSelector('text=There is no such alert for you');
    const there = await page.locator('main').innerText();
    await page.goto(`${mock.url}/console/alerts/987654`);
    await page.waitForSelector('text=There is no such alert for you');
    expect(await page.locator('main').innerText()).toBe(there);
  }));

test('a link to an alert opens it after the sign-in', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts/7?view=open');
    await shown(page, 7);
  }));

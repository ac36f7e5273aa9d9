// Requests of two persons: one is approved, refused and run, each after a look at what happens then.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { atDesk, signIn, withBrowser } from './browser';
import { CODE } from '../mock/people';

withBrowser();

const panel = (page: Page) => page.locator('.request-panel');
const open = async (page: Page, number: number) => {
  await page.locator(`[data-request="${number}"]`).click();
  await panel(page).getByText(`#${number}`).waitFor();
};

test('a request is opened by keys, looked at with its digest, and approved with a reason', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/requests');
    await page.waitForSelector('[data-request="5"]');
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.waitForSelector('[data-request="1"]');
    for (const key of ['j', 'j', 'j', 'j', 'j', 'Enter']) await page.keyboard.press(key);
    await panel(page).getByText('01'.repeat(32)).waitFor();
    expect(page.url()).toContain('/requests?number=1');

    await panel(page).getByRole('button', { name: 'Approve…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Approve request 1' });
    await dialog.getByText('512 messages may be disposed of').waitFor();
    expect(await dialog.getByRole('button', { name: 'Approve' }).isDisabled()).toBe(true);
    await dialog.locator('textarea').fill(' Compared with the schedule ');
    await dialog.getByRole('button', { name: 'Approve' }).click();
    const proof = page.getByRole('dialog', { name: 'Please prove that it is you' });
    await proof.locator('input').fill('correct horse battery');
    expect(mock.api.requests.stored.get(1)?.decision).toBe(null);
    await proof.getByRole('button', { name: 'Go on' }).click();

    await page.getByText('Request 1 is approved.').waitFor();
    await panel(page).getByText('approved by lin.fei').waitFor();
    await panel(page).getByRole('button', { name: 'Run…' }).waitFor();
    expect(mock.api.requests.stored.get(1)?.decision).toMatchObject({
      approved: true,
      note: 'Compared with the schedule',
    });
  }));

test('a request that is refused leaves the open ones and stands with those that are decided', () =>
  atDesk({}, async ({ mock, page }) => {
    mock.api.stepUpWanted = false;
    await signIn(page, mock, 'lin.fei', '/requests');
    await open(page, 4);
    await panel(page).getByRole('button', { name: 'Refuse…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Refuse request 4' });
    await dialog.locator('textarea').fill('The assessment is out of date');
    await dialog.getByRole('button', { name: 'Refuse' }).click();
    await page.locator('[data-request="4"]').waitFor({ state: 'detached' });
    expect(mock.api.requests.stored.get(4)?.state).toBe('refused');
    await page.getByRole('link', { name: 'Decided' }).click();
    await open(page, 4);
    await panel(page).getByText('refused by lin.fei').waitFor();
    expect(await panel(page).getByRole('button').allInnerTexts()).toEqual(['Close']);
  }));

test('a request that was approved is run, and stands with those that were run', () =>
  atDesk({}, async ({ mock, page }) => {
    mock.api.stepUpWanted = false;
    await signIn(page, mock, 'lin.fei', '/requests');
    await open(page, 5);
    await panel(page).getByRole('button', { name: 'Run…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Run request 5' });
    await dialog.getByText('Hold 3 ends now').waitFor();
    await dialog.getByRole('button', { name: 'Run it now' }).click();
    await page.getByText('Request 5 was run.').waitFor();
    expect(mock.api.requests.stored.get(5)).toMatchObject({ state: 'ran', run_by: 'person:lin.fei' });
    await page.getByRole('link', { name: 'Run', exact: true }).click();
    await page.waitForSelector('[data-request="5"]');
  }));

test('nobody approves what is one’s own: it is not offered, and the API’s refusal is told and the list is true again', () =>
  atDesk({}, async ({ mock, page }) => {
    mock.api.stepUpWanted = false;
    await signIn(page, mock, 'lin.fei', '/requests');
    await open(page, 3);
    await panel(page).getByText('somebody else has to approve it').waitFor();
    expect(await panel(page).getByRole('button', { name: 'Approve…' }).count()).toBe(0);

    await open(page, 4);
    const stored = mock.api.requests.stored.get(4);
    if (stored === undefined) throw new Error('no request 4');
    await panel(page).getByRole('button', { name: 'Approve…' }).click();
    stored.asked_by = 'person:lin.fei';
    const dialog = page.getByRole('dialog', { name: 'Approve request 4' });
    await dialog.locator('textarea').fill('Mine');
    await dialog.getByRole('button', { name: 'Approve' }).click();
    await dialog.getByText('This cannot be done as things are now.').waitFor();
    expect(stored.decision).toBe(null);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await panel(page).getByText('somebody else has to approve it').waitFor();
  }));

test('where no request waits, the page says how one is asked for; who may not decide on them is not led there', () =>
  atDesk({}, async ({ mock, page, another }) => {
    await signIn(page, mock, 'lin.fei', '/requests?view=run');
    await page.locator('.empty').getByText('proviso request').waitFor();
    const other = await another();
    await signIn(other, mock, 'chen.yu');
    await other.waitForSelector('.row');
    expect(await other.getByRole('link', { name: 'Requests' }).count()).toBe(0);
    await other.context().close();
  }));

test('a step-up code that was pasted with spaces is sent without them', () =>
  atDesk({}, async ({ mock, page }) => {
    const root = mock.api.people.people.get('root.wang');
    if (root === undefined) throw new Error('no administrator');
    await signIn(page, mock, 'root.wang');
    await page.waitForSelector('text=ann.audit');
    root.totp = true;
    await page.reload();
    await page
      .getByRole('row', { name: /chen\.yu/ })
      .getByRole('button', { name: 'Disable' })
      .click();
    const proof = page.getByRole('dialog', { name: 'Please prove that it is you' });
    await proof.locator('input[type=password]').fill('correct horse battery');
    await proof.locator('input[autocomplete=one-time-code]').fill(` ${CODE.slice(0, 3)} ${CODE.slice(3)} `);
    await proof.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('button', { name: 'Enable' }).nth(1).waitFor();
    expect(mock.api.people.people.get('chen.yu')?.disabled).toBe(true);
  }));

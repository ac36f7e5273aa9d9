// Administration of users, with the second proof that it wants.

import { expect, test } from 'vitest';
import { atDesk, signIn, withBrowser } from './browser';

withBrowser();

test('an administrator proves it is him, adds a user, and the user signs in with the password that was shown', () =>
  atDesk({}, async ({ mock, page, another }) => {
    await signIn(page, mock, 'root.wang');
    await page.getByRole('button', { name: 'Add a user' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('User name').fill('he.jia');
    await dialog.getByLabel('Name as others read it').fill('何佳');
    await dialog.getByLabel('Tenant').fill('bank');
    await dialog.getByLabel('Departments').fill('零售部，对公部');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();

    const proof = page.getByRole('dialog', { name: 'Please prove that it is you' });
    await proof.locator('input').fill('wrong');
    await proof.getByRole('button', { name: 'Go on' }).click();
    await proof.getByRole('alert').waitFor();
    expect(mock.api.people.people.has('he.jia')).toBe(false);
    await proof.locator('input').fill('correct horse battery');
    await proof.getByRole('button', { name: 'Go on' }).click();

    const password = await dialog.locator('.secret').innerText();
    expect(password).toMatch(/^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
    expect(mock.api.people.people.get('he.jia')?.roles).toEqual([
      { role: 'reviewer', tenant: 'bank', departments: ['零售部', '对公部'] },
    ]);
    await dialog.getByRole('button', { name: 'I have told it' }).click();
    await page.waitForSelector('text=何佳');

    const hers = await another();
    await hers.goto(`${mock.url}/console/`);
    await hers.fill('input[autocomplete=username]', 'he.jia');
    await hers.fill('input[type=password]', password);
    await hers.click('button[type=submit]');
    await hers.waitForSelector('text=Choose your own password');
    await hers.context().close();
  }));

test('who declines the proof changes nothing, and is told so', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'root.wang');
    // All of them, whatever a page of the API holds; and nothing to do to oneself.
    await page.waitForSelector('text=ann.audit');
    expect(
      await page
        .getByRole('row', { name: /root\.wang/ })
        .getByRole('button')
        .count(),
    ).toBe(0);
    const row = page.getByRole('row', { name: /chen\.yu/ });
    await row.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.waitForSelector('text=You were not proved to be yourself');
    expect(mock.api.people.people.get('chen.yu')?.disabled).toBe(false);
  }));

test('a user is disabled and enabled, gets other roles and a new password, with one proof', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'root.wang');
    const person = () => mock.api.people.people.get('chen.yu');
    const row = page.getByRole('row', { name: /chen\.yu/ });
    await row.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').locator('input').fill('correct horse battery');
    await page.getByRole('button', { name: 'Go on' }).click();
    await row.getByRole('button', { name: 'Enable' }).waitFor();
    expect(person()?.disabled).toBe(true);
    await row.getByRole('button', { name: 'Enable' }).click();
    await row.getByRole('button', { name: 'Disable' }).waitFor();
    expect(person()?.disabled).toBe(false);

    await row.getByRole('button', { name: 'Roles…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Role', { exact: true }).selectOption('auditor');
    await dialog.getByLabel('Tenant').fill('');
    await dialog.getByRole('button', { name: 'Save the roles' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(person()?.roles).toEqual([{ role: 'auditor', tenant: null, departments: [] }]);

    await row.getByRole('button', { name: 'New one-time password' }).click();
    await dialog.getByRole('button', { name: 'Make a new password' }).click();
    await expect.poll(() => person()?.must_change_password).toBe(true);
    expect(person()?.password).toBe(await dialog.locator('.secret').innerText());
  }));

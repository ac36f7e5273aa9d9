// Work by keyboard: a hundred alerts, and what keys must not do.

import { expect, test } from 'vitest';
import { atDesk, numberOf, shown, signIn, withBrowser } from './browser';

withBrowser();

const ALERTS = 100;
/** From the key to the next alert with its message on the screen, for 95 of 100. In milliseconds. */
// A machine that has other work gets some more; `make looks` asks for the promise itself.
const NEXT_P95_MS = process.env.PROVISO_LOOKS === 'all' ? 150 : 400;

test('a hundred alerts are decided with one key each, and the next is there at once', () =>
  atDesk({ alerts: ALERTS + 20 }, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts');
    await page.waitForSelector('.row');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-alert] .near-this');

    // In the page: from the key to the first frame that has the next alert.
    await page.evaluate(() => {
      const times: number[] = [];
      let pressed = 0;
      let before = '';
      const look = () => {
        const now = document.querySelector('[data-alert]')?.getAttribute('data-alert');
        if (
          pressed > 0 &&
          now !== undefined &&
          now !== null &&
          now !== before &&
          document.querySelector('.near-this')
        ) {
          times.push(performance.now() - pressed);
          pressed = 0;
        }
        requestAnimationFrame(look);
      };
      document.addEventListener(
        'keydown',
        (event) => {
          if (!/^[1-5]$/.test(event.key)) return;
          before = document.querySelector('[data-alert]')?.getAttribute('data-alert') ?? '';
          pressed = performance.now();
        },
        true,
      );
      requestAnimationFrame(look);
      Object.assign(window, { times });
    });

    let keys = 2;
    const seen = new Set<number>();
    for (let at = 0; at < ALERTS; at += 1) {
      const number = await numberOf(page);
      expect(seen.has(number), `alert ${number} is shown once`).toBe(false);
      seen.add(number);
      await page.keyboard.press(String((at % 5) + 1));
      keys += 1;
      await page.waitForFunction((old) => {
        const now = document.querySelector('[data-alert]')?.getAttribute('data-alert');
        return now !== undefined && now !== null && now !== String(old);
      }, number);
    }
    expect(keys).toBeLessThanOrEqual(2 * ALERTS);

    await expect.poll(() => [...seen].filter((number) => mock.api.alerts.row(number).decision === null)).toEqual([]);
    const times = await page.evaluate(() => (window as unknown as { times: number[] }).times);
    expect(times.length).toBe(ALERTS);
    times.sort((a, b) => a - b);
    const [median = 0, p95 = Infinity, last = 0] = [
      times[ALERTS / 2],
      times[Math.ceil(ALERTS * 0.95) - 1],
      times.at(-1),
    ];
    console.log(`next alert: median ${median.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, longest ${last.toFixed(0)} ms`);
    expect(p95).toBeLessThan(NEXT_P95_MS);
  }));

test('the next alert was asked for ahead, so that a slow line keeps nobody waiting', () =>
  atDesk({}, async ({ mock, page }) => {
    mock.openingMs = 1_000;
    await signIn(page, mock, 'lin.fei', '/alerts/1');
    await shown(page, 1);
    await expect.poll(() => mock.requests).toContain('GET /api/alerts/2');
    // While the first is read, the second comes.
    await page.waitForTimeout(1_500);
    await page.evaluate(() => {
      const measure = () => {
        const pressed = performance.now();
        const look = () => {
          if (document.querySelector('[data-alert="2"] .near-this') === null) requestAnimationFrame(look);
          else Object.assign(window, { took: performance.now() - pressed });
        };
        look();
      };
      // Before the page's own listener has the key.
      document.addEventListener('keydown', measure, true);
    });
    await page.keyboard.press('1');
    await shown(page, 2);
    const took = () => page.evaluate(() => (window as unknown as { took?: number }).took ?? -1);
    await expect.poll(took).toBeGreaterThanOrEqual(0);
    expect(await took()).toBeLessThan(NEXT_P95_MS);
  }));

test('u takes the newest decision back, shows its alert again and says so', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts');
    await page.waitForSelector('.row');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-alert] .near-this');
    const first = await numberOf(page);
    await page.keyboard.press('2');
    await page.waitForSelector(`text=Alert ${first}: Violation.`);
    await page.keyboard.press('u');
    await page.waitForSelector(`text=The decision on alert ${first} is taken back.`);
    await shown(page, first);
    expect(mock.api.alerts.row(first)).toMatchObject({ state: 'open', decision: null });
    expect(mock.api.alerts.get(first).reviews.map((review) => review.act)).toEqual(['decided', 'undone']);
    // And it can be decided anew, with the newest version.
    await page.keyboard.press('1');
    await expect.poll(() => mock.api.alerts.row(first).decision).toBe('no-issue');
  }));

test('j and k go through the list, a assigns, and ? tells the keys', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts/1');
    await shown(page, 1);
    await page.keyboard.press('j');
    await shown(page, 2);
    await page.keyboard.press('k');
    await shown(page, 1);
    await page.keyboard.press('a');
    await page.waitForSelector('text=Alert 1 is assigned to lin.fei.');
    expect(mock.api.alerts.row(1).assignee).toBe('lin.fei');
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await page.keyboard.press('2');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(mock.api.alerts.row(1).state).toBe('open');
  }));

test('somebody who composes pinyin in the comment decides nothing and goes nowhere', () =>
  atDesk({ page: { locale: 'zh-CN' } }, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts/3');
    await shown(page, 3);
    await page.keyboard.press('c');
    const area = page.locator('.add-comment textarea');
    await expect.poll(() => area.evaluate((field) => field === document.activeElement)).toBe(true);

    // As an input method does it: the letters compose, 1 chooses the first word.
    const client = await page.context().newCDPSession(page);
    for (const text of ['k', 'ke', 'ke h', 'ke hu']) {
      await client.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
    }
    await client.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: '1', windowsVirtualKeyCode: 229 });
    await client.send('Input.insertText', { text: '客户' });
    await page.keyboard.type('2j u');
    expect(await area.inputValue()).toBe('客户2j u');
    expect(await numberOf(page)).toBe(3);

    // Outside a field too: a press that an input method has in hand is none of ours.
    await page.keyboard.press('Escape');
    await page.evaluate(() => {
      const composing = { key: '1', bubbles: true, isComposing: true };
      document.body.dispatchEvent(new KeyboardEvent('keydown', composing));
      // Some browsers say it by this number alone.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '1', bubbles: true, keyCode: 229 }));
    });
    await page.waitForTimeout(200);
    expect(mock.api.alerts.get(3).reviews).toEqual([]);
    await page.getByRole('button', { name: '添加' }).click();
    await page.waitForSelector('.comment');
    expect(mock.api.alerts.get(3).reviews).toMatchObject([{ act: 'commented', comment: '客户2j u' }]);
  }));

test('keys that are switched off do nothing, and stay off in this browser', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/account');
    await page.getByRole('checkbox').uncheck();
    await page.goto(`${mock.url}/console/alerts/1`);
    await shown(page, 1);
    await page.keyboard.press('2');
    await page.keyboard.press('j');
    await page.waitForTimeout(200);
    expect(await numberOf(page)).toBe(1);
    expect(mock.api.alerts.row(1).state).toBe('open');
    await page.getByRole('button', { name: 'Violation' }).click();
    await expect.poll(() => mock.api.alerts.row(1).decision).toBe('violation');
  }));

test('an alert whose decision was refused comes again in the same run', () =>
  atDesk({ alerts: 3 }, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts/1');
    await shown(page, 1);
    mock.api.alerts.review(1, 'chen.yu', 'commented', { comment: '请先核实。' }, {});
    await page.keyboard.press('2');
    await page.waitForSelector('.notice-problem');
    await shown(page, 2);
    await page.keyboard.press('1');
    await shown(page, 3);
    await page.keyboard.press('1');
    await shown(page, 1);
    await page.waitForSelector('text=请先核实。');
    await page.keyboard.press('2');
    await expect.poll(() => mock.api.alerts.row(1).decision).toBe('violation');
    // All is done: the queue says so.
    await page.waitForSelector('text=Nothing waits.');
  }));

test('a decision that somebody else has overtaken is told, and the alert can be opened again', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts');
    await page.waitForSelector('.row');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[data-alert] .near-this');
    const number = await numberOf(page);
    mock.api.alerts.review(number, 'chen.yu', 'assigned', { to: 'chen.yu' }, { assignee: 'chen.yu' });
    await page.keyboard.press('2');
    await page.waitForSelector('.notice-problem');
    expect(await page.locator('.notice-problem').innerText()).toContain('Somebody else changed it meanwhile');
    expect(mock.api.alerts.row(number)).toMatchObject({ state: 'open', assignee: 'chen.yu' });
    await page.getByRole('link', { name: 'Open it' }).click();
    await shown(page, number);
    await page.waitForSelector('text=Assigned to chen.yu');
    await page.keyboard.press('2');
    await expect.poll(() => mock.api.alerts.row(number).decision).toBe('violation');
  }));

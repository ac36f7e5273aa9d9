// The watch over the pages sees what it watches for: a test that could not fail would say nothing.

import { expect, test } from 'vitest';
import { faults } from './axe';
import { atDesk, signIn, withBrowser } from './browser';

withBrowser();

test('a style inside the page is refused by the policy, and the watch tells it', async () => {
  const work = atDesk({}, async ({ mock, page }) => {
    await page.goto(`${mock.url}/console/`);
    await page.waitForSelector('form');
    await page.evaluate(() => {
      const style = document.createElement('style');
      style.textContent = 'body { color: red }';
      document.head.append(style);
    });
    await expect.poll(() => mock.violations.length).toBeGreaterThan(0);
  });
  await expect(work).rejects.toThrow('Content-Security-Policy');
});

test('a request to another host is refused, and the watch tells it', async () => {
  const work = atDesk({}, async ({ mock, page }) => {
    await page.goto(`${mock.url}/console/`);
    await page.waitForSelector('form');
    await page.evaluate(() => fetch('http://127.0.0.2:9/').catch(() => undefined));
    await page.waitForTimeout(300);
  });
  await expect(work).rejects.toThrow(/another host|Content-Security-Policy/);
});

test('a request without the value against forgery changes nothing', () =>
  atDesk({}, async ({ mock, page }) => {
    await signIn(page, mock, 'lin.fei', '/alerts');
    await page.waitForSelector('.row');
    const status = await page.evaluate(async () => {
      const answer = await fetch('/api/alerts/1/comment', {
        method: 'POST',
        body: '{"comment":"forged"}',
        headers: { 'content-type': 'application/json' },
      });
      return answer.status;
    });
    expect(status).toBe(403);
    expect(mock.api.alerts.get(1).reviews).toEqual([]);
  }));

test('axe tells pale words and an image without words', () =>
  atDesk({}, async ({ mock, page }) => {
    await page.goto(`${mock.url}/console/`);
    await page.waitForSelector('form');
    expect(await faults(page)).toEqual([]);
    await page.evaluate(() => {
      const words = document.createElement('p');
      words.textContent = 'pale';
      words.style.color = '#ccc';
      document.querySelector('main')?.append(words, document.createElement('img'));
    });
    const found = (await faults(page)).map((fault) => fault.split(':')[0]);
    expect(found).toEqual(expect.arrayContaining(['color-contrast', 'image-alt']));
  }));

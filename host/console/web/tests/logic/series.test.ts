import { expect, test } from 'vitest';
import type { Overview } from '../../src/api/types';
import { ageSeries, intakeSeries, openedSeries, ruleSeries } from '../../src/overview/series';

const OVERVIEW: Overview = {
  intake: [
    { day: '2026-11-29', messages: 7 },
    { day: '2026-11-30', messages: 9 },
  ],
  opened: [
    { day: '2026-11-30', severity: 'high', alerts: 2 },
    { day: '2026-11-29', severity: 'low', alerts: 1 },
    { day: '2026-11-30', severity: null, alerts: 3 },
  ],
  by_rule: [
    { pack: '', policy: '', rule: '', open: 1, closed: 0, false_positives: 0 },
    { pack: 'bank-cn', policy: 'conduct', rule: 'kickback', open: 2, closed: 5, false_positives: 4 },
  ],
  open_by_age: [{ bucket: '<4h', alerts: 4 }],
  reviewed_share: { opened: 0, looked_at: 0 },
  answered_within: { in_time: 0, late: 0 },
  held: 1,
};
const same = (day: string) => day;

test('each day has every severity and what was held, and 0 where nothing was opened', () => {
  const { rows, columns } = openedSeries(OVERVIEW, ['low', 'medium', 'high', 'critical', 'held'], same);
  expect(rows).toEqual(['2026-11-29', '2026-11-30']);
  expect(columns.map((column) => [column.name, ...column.values])).toEqual([
    ['low', 1, 0],
    ['medium', 0, 0],
    ['high', 0, 2],
    ['critical', 0, 0],
    ['held', 0, 3],
  ]);
});

test('rules stand by how many alerts they have, and held messages by a name of their own', () => {
  const { rows, columns, drawn } = ruleSeries(OVERVIEW, ['open', 'closed', 'wrong'], 'held');
  expect(rows).toEqual(['kickback (bank-cn)', 'held']);
  expect(columns.map((column) => column.values)).toEqual([
    [2, 1],
    [5, 0],
    [4, 0],
  ]);
  // False positives are among the closed ones: drawn beside them they would count twice.
  expect(drawn).toBe(2);
});

test('intake and ages keep the order that the API gives', () => {
  expect(intakeSeries(OVERVIEW, 'n', same).columns[0]?.values).toEqual([7, 9]);
  expect(ageSeries(OVERVIEW, 'n', (bucket) => `age ${bucket}`).rows).toEqual(['age <4h']);
});

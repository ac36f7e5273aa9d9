import { expect, test } from 'vitest';
import { dueWords } from '../../src/logic/due';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const MINUTE = 60_000;

test.each<[number, string, number]>([
  [180 * MINUTE, 'due.hoursLeft', 3],
  [179 * MINUTE, 'due.hoursLeft', 2],
  [59 * MINUTE, 'due.minutesLeft', 59],
  [0, 'due.minutesLeft', 1],
  [-1, 'due.minutesLate', 1],
  [-30 * MINUTE, 'due.minutesLate', 30],
  [-150 * MINUTE, 'due.hoursLate', 2],
  [47 * 60 * MINUTE, 'due.hoursLeft', 47],
  [48 * 60 * MINUTE, 'due.daysLeft', 2],
  [-72 * 60 * MINUTE, 'due.daysLate', 3],
])('%d ms from now is said as %s, %d', (left, key, n) => {
  expect(dueWords(new Date(NOW + left).toISOString(), NOW)).toEqual({ key, n, late: left < 0 });
});

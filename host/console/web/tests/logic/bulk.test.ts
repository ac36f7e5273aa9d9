import { expect, test } from 'vitest';
import { NO_FILTERS } from '../../src/logic/filters';
import { bulkOf, countOf, isSelected, NOTHING, toggled } from '../../src/queue/bulk';

const ACT = { assign: { to: null } };

test('chosen rows are sent by number, with how many they are', () => {
  const two = toggled(toggled(NOTHING, 7, []), 3, []);
  expect(bulkOf(two, ACT)).toEqual({ numbers: [3, 7], expected: 2, act: ACT });
  expect(countOf(toggled(two, 7, []))).toBe(1);
});

test('all of a filter are sent by the filter, with how many the reader saw', () => {
  const all = { kind: 'filter', filters: NO_FILTERS, expected: 132 } as const;
  expect(bulkOf(all, ACT)).toEqual({ filter: { view: 'open' }, expected: 132, act: ACT });
  expect(isSelected(all, 5)).toBe(true);
});

test('to take one row out of all of a filter leaves the rows that are seen', () => {
  const all = { kind: 'filter', filters: NO_FILTERS, expected: 132 } as const;
  const left = toggled(all, 2, [1, 2, 3]);
  expect([countOf(left), isSelected(left, 2), isSelected(left, 3)]).toEqual([2, false, true]);
});

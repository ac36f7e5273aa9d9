import { expect, test } from 'vitest';
import { apiFilter, CHIPS, filtersOf, NO_FILTERS, searchOf, SORTS, VIEWS, withChip } from '../../src/logic/filters';

const ALL = {
  tenant: 'bank',
  severity: 'high',
  pack: 'bank-cn',
  rule: 'promised-return',
  department: '零售部',
  conversation: 'C-1f&a=b',
  from: '2026-11-01',
  to: '2026-11-30',
} as const;

test('what an address says is what made it, for every view, order and chip', () => {
  for (const view of VIEWS) {
    for (const sort of SORTS) {
      expect(filtersOf(searchOf({ view, sort, chips: ALL }))).toEqual({ view, sort, chips: ALL });
      for (const chip of CHIPS) {
        const one = withChip({ view, sort, chips: {} }, chip, ALL[chip]);
        expect(filtersOf(searchOf(one))).toEqual(one);
      }
    }
  }
});

test('the queue as it is first shown has an address without a query', () => {
  expect(searchOf(NO_FILTERS)).toBe('');
  expect(filtersOf('')).toEqual(NO_FILTERS);
});

test.each([
  ['?view=everything', 'a view that there is not'],
  ['?severity=deadly', 'a severity that there is not'],
  ['?from=yesterday', 'a day that is none'],
  ['?from=2026-13-45', 'a day that no calendar has'],
  ['?tenant=%20', 'a value of blanks'],
  [`?rule=${'x'.repeat(201)}`, 'a value that is too long'],
  ['?sort=mood&colour=red', 'what is not known'],
])('%s: the address leaves out %s', (search) => {
  expect(filtersOf(search)).toEqual(NO_FILTERS);
});

test('a chip is set anew and taken away, and the others stay', () => {
  const set = withChip(filtersOf('?tenant=bank&rule=kickback'), 'rule', 'guarantee');
  expect(set.chips).toEqual({ tenant: 'bank', rule: 'guarantee' });
  expect(withChip(set, 'rule', undefined).chips).toEqual({ tenant: 'bank' });
  expect(withChip(set, 'rule', ' ').chips).toEqual({ tenant: 'bank' });
});

test('days become instants of the zone, and the last day is part of it', () => {
  const { q_from, q_to, ...rest } = apiFilter(filtersOf('?from=2026-11-30&to=2026-11-30&tenant=bank'));
  expect(rest).toEqual({ view: 'open', tenant: 'bank' });
  expect(Date.parse(q_to ?? '') - Date.parse(q_from ?? '')).toBe(24 * 3_600_000);
  expect(new Date(q_from ?? '').getHours()).toBe(0);
});

// The queue's filters and how an address says them, so that what somebody looks at can be sent to somebody else.

import type { Filter, Severity, Sort, View } from '../api/types';

export const VIEWS = ['open', 'mine', 'unassigned', 'overdue', 'held', 'escalated', 'closed'] as const satisfies View[];
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const satisfies Severity[];
export const SORTS = ['due', 'opened', 'severity'] as const satisfies Sort[];

/** What narrows a view. `from` and `to` are days of the reader's zone, `YYYY-MM-DD`, both included. */
export const CHIPS = ['tenant', 'severity', 'pack', 'rule', 'department', 'conversation', 'from', 'to'] as const;
export type Chip = (typeof CHIPS)[number];

export interface Filters {
  readonly view: View;
  readonly sort: Sort;
  readonly chips: Readonly<Partial<Record<Chip, string>>>;
}

export const NO_FILTERS: Filters = { view: 'open', sort: 'due', chips: {} };

const VALUE_LENGTH_MAX = 200;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const oneOf = <T extends string>(known: readonly T[], value: string | null): T | undefined =>
  known.find((one) => one === value);

function chipValue(chip: Chip, value: string): string | undefined {
  const trimmed = value.trim();
  if (trimmed === '' || trimmed.length > VALUE_LENGTH_MAX) return undefined;
  if (chip === 'severity') return oneOf(SEVERITIES, trimmed);
  if (chip === 'from' || chip === 'to') {
    return DAY.test(trimmed) && !Number.isNaN(Date.parse(`${trimmed}T00:00:00Z`)) ? trimmed : undefined;
  }
  return trimmed;
}

/** Reads an address's query. What it does not know, or what has no sense, is left out. */
export function filtersOf(search: string): Filters {
  const query = new URLSearchParams(search);
  const chips: Partial<Record<Chip, string>> = {};
  for (const chip of CHIPS) {
    const value = chipValue(chip, query.get(chip) ?? '');
    if (value !== undefined) chips[chip] = value;
  }
  return {
    view: oneOf(VIEWS, query.get('view')) ?? NO_FILTERS.view,
    sort: oneOf(SORTS, query.get('sort')) ?? NO_FILTERS.sort,
    chips,
  };
}

/** The query of an address, with its question mark; empty if nothing differs from the queue as it is first shown. */
export function searchOf(filters: Filters): string {
  const query = new URLSearchParams();
  if (filters.view !== NO_FILTERS.view) query.set('view', filters.view);
  for (const chip of CHIPS) {
    const value = filters.chips[chip];
    if (value !== undefined) query.set(chip, value);
  }
  if (filters.sort !== NO_FILTERS.sort) query.set('sort', filters.sort);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** The same filters with one chip set anew, or taken away. */
export function withChip(filters: Filters, chip: Chip, value: string | undefined): Filters {
  const kept = Object.entries(filters.chips).filter(([name]) => name !== chip);
  const set = value === undefined ? undefined : chipValue(chip, value);
  return { ...filters, chips: Object.fromEntries(set === undefined ? kept : [...kept, [chip, set]]) };
}

/** The first instant of a day of the reader's zone, `days` later. */
function startOf(day: string, days: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + days).toISOString();
}

/** The filters as the API takes them. Days become instants of the reader's zone; `q_to` is the first instant after the last day. */
export function apiFilter({ view, chips }: Filters): Filter {
  const { from, to, severity, ...same } = chips;
  return {
    view,
    ...same,
    ...(severity === undefined ? {} : { severity: severity as Severity }),
    ...(from === undefined ? {} : { q_from: startOf(from, 0) }),
    ...(to === undefined ? {} : { q_to: startOf(to, 1) }),
  };
}

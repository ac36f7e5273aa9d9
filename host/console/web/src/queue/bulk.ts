// What a bulk act covers, and how many alerts that is: chosen rows, or all of a filter.

import type { Bulk, BulkAct } from '../api/types';
import { apiFilter, type Filters } from '../logic/filters';

export type Selection =
  | { readonly kind: 'rows'; readonly numbers: ReadonlySet<number> }
  | { readonly kind: 'filter'; readonly filters: Filters; readonly expected: number };

export const NOTHING: Selection = { kind: 'rows', numbers: new Set() };

export const countOf = (selection: Selection) =>
  selection.kind === 'rows' ? selection.numbers.size : selection.expected;

export const isSelected = (selection: Selection, number: number) =>
  selection.kind === 'filter' || selection.numbers.has(number);

/** One row more, or one less. From "all of the filter" a row cannot be taken out: then the rows that are seen are chosen without it. */
export function toggled(selection: Selection, number: number, seen: readonly number[]): Selection {
  const numbers = new Set(selection.kind === 'filter' ? seen : selection.numbers);
  if (!numbers.delete(number)) numbers.add(number);
  return { kind: 'rows', numbers };
}

/** The request: it says how many are expected, and the API changes nothing if it finds another number. */
export function bulkOf(selection: Selection, act: BulkAct): Bulk {
  if (selection.kind === 'filter') return { filter: apiFilter(selection.filters), expected: selection.expected, act };
  const numbers = [...selection.numbers].sort((a, b) => a - b);
  return { numbers, expected: numbers.length, act };
}

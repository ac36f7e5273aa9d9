// Turns an overview into rows and columns, which the charts and the tables beside them both show.

import type { Overview } from '../api/types';
import { SEVERITIES } from '../logic/filters';

export interface Series {
  /** What the rows are, in order; the newest day is the last. */
  readonly rows: readonly string[];
  readonly columns: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Whether the rows are days: then the chart stands, and else it lies, with room for names. */
  readonly days: boolean;
  /** How many of the columns the chart draws; the table has them all. */
  readonly drawn: number;
}

/** How high a chart and the table beside it are, in pixels: a lying bar needs room for its name. */
export const heightOf = (series: Series) => (series.days ? 260 : Math.max(150, series.rows.length * 36 + 40));

export function intakeSeries({ intake }: Overview, name: string, day: (day: string) => string): Series {
  return {
    rows: intake.map((one) => day(one.day)),
    columns: [{ name, values: intake.map((one) => one.messages) }],
    days: true,
    drawn: 1,
  };
}

/** `names` are those of the severities, from low to critical, and of held messages. A day without one counts 0. */
export function openedSeries({ opened }: Overview, names: readonly string[], day: (day: string) => string): Series {
  const days = [...new Set(opened.map((one) => one.day))].sort();
  const counted = new Map(opened.map((one) => [`${one.day}|${one.severity ?? 'held'}`, one.alerts]));
  return {
    rows: days.map(day),
    columns: [...SEVERITIES, 'held'].map((grade, place) => ({
      name: names[place] ?? grade,
      values: days.map((one) => counted.get(`${one}|${grade}`) ?? 0),
    })),
    days: true,
    drawn: SEVERITIES.length + 1,
  };
}

export function ageSeries(
  { open_by_age }: Overview,
  name: string,
  words: (bucket: Overview['open_by_age'][number]['bucket']) => string,
): Series {
  return {
    rows: open_by_age.map((one) => words(one.bucket)),
    columns: [{ name, values: open_by_age.map((one) => one.alerts) }],
    days: false,
    drawn: 1,
  };
}

/** False positives are a part of what is closed: the table says them, and the chart does not draw them a second time. */
export function ruleSeries(
  { by_rule }: Overview,
  [open, closed, wrong]: readonly [string, string, string],
  held: string,
): Series {
  const rows = [...by_rule].sort((a, b) => b.open + b.closed - (a.open + a.closed));
  return {
    rows: rows.map((one) => (one.rule === '' ? held : `${one.rule} (${one.pack})`)),
    columns: [
      { name: open, values: rows.map((one) => one.open) },
      { name: closed, values: rows.map((one) => one.closed) },
      { name: wrong, values: rows.map((one) => one.false_positives) },
    ],
    days: false,
    drawn: 2,
  };
}

// Times and numbers as a language writes them, in the zone of the browser.

const CACHE = new Map<string, Intl.DateTimeFormat>();

function dateFormat(language: string, form: 'time' | 'full'): Intl.DateTimeFormat {
  const key = `${language}|${form}`;
  const known = CACHE.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat(
    language,
    form === 'full'
      ? { dateStyle: 'full', timeStyle: 'long' }
      : { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  );
  CACHE.set(key, made);
  return made;
}

export interface Formats {
  /** A moment, short: month, day, hour, minute. */
  readonly time: (at: string) => string;
  /** A moment with all that is known of it, the zone included. */
  readonly full: (at: string) => string;
  /** A day without a moment, `YYYY-MM-DD`, which is the same in every zone. */
  readonly plainDay: (day: string) => string;
  /** Such a day with its year. */
  readonly plainDate: (day: string) => string;
  readonly number: (n: number) => string;
  /** A share of 0 to 1. */
  readonly share: (part: number) => string;
}

export function formatsOf(language: string): Formats {
  const number = new Intl.NumberFormat(language);
  const share = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
  const plainDay = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', timeZone: 'UTC' });
  const plainDate = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' });
  return {
    time: (at) => dateFormat(language, 'time').format(new Date(at)),
    full: (at) => dateFormat(language, 'full').format(new Date(at)),
    plainDay: (day) => plainDay.format(new Date(`${day}T00:00:00Z`)),
    plainDate: (day) => plainDate.format(new Date(`${day}T00:00:00Z`)),
    number: (n) => number.format(n),
    share: (part) => share.format(part),
  };
}

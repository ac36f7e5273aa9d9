// How much time is left until an answer is due, in words that need no colour.

export interface DueWords {
  readonly key:
    'due.minutesLeft' | 'due.hoursLeft' | 'due.daysLeft' | 'due.minutesLate' | 'due.hoursLate' | 'due.daysLate';
  readonly n: number;
  readonly late: boolean;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Rounds down what is left and what is late: "3 h left" is a promise, "2 h late" no exaggeration. From two days on in days. */
export function dueWords(dueAt: string, now: number): DueWords {
  const left = Date.parse(dueAt) - now;
  const late = left < 0;
  const span = Math.abs(left);
  // The minute that has begun counts: nobody is "0 min late".
  if (span < HOUR) {
    return { key: late ? 'due.minutesLate' : 'due.minutesLeft', n: Math.max(1, Math.floor(span / MINUTE)), late };
  }
  if (span < 2 * DAY) return { key: late ? 'due.hoursLate' : 'due.hoursLeft', n: Math.floor(span / HOUR), late };
  return { key: late ? 'due.daysLate' : 'due.daysLeft', n: Math.floor(span / DAY), late };
}

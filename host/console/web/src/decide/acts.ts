// Decides, takes back, assigns. The page goes on at once; what the API refuses is told and put back.

import { api, ask } from '../api/client';
import { asProblem } from '../api/problem';
import { listsAreOld, patchRow, queries } from '../api/queries';
import type { AlertRow, Decision } from '../api/types';
import { go } from '../route';
import { notice } from '../shell/notices';
import { decided, markDone, unmarkDone } from './run';

interface Made {
  readonly number: number;
  /** The address from which it was decided, to come back to. */
  readonly address: string;
  /** The row after it; null if the API refused. */
  readonly answer: Promise<AlertRow | null>;
}

/** What can be taken back, oldest first. The API says until when. */
const made: Made[] = [];

const forget = (number: number) => queries.removeQueries({ queryKey: ['alert', number] });

export interface Choice {
  readonly decision: Decision;
  readonly reason: string | null;
  readonly comment: string | null;
}

async function send(row: AlertRow, choice: Choice): Promise<AlertRow | null> {
  try {
    const { alert } = await ask(() =>
      api.POST('/api/alerts/{number}/decide', {
        params: { path: { number: row.number } },
        body: { ...choice, version: row.version },
        // It is sent even if the tab is closed in the same moment.
        keepalive: true,
      }),
    );
    patchRow(row.number, () => alert);
    return alert;
  } catch (thrown) {
    unmarkDone(row.number);
    patchRow(row.number, () => row);
    notice({ kind: 'problem', number: row.number, problem: asProblem(thrown) });
    return null;
  } finally {
    forget(row.number);
    listsAreOld();
  }
}

/** Decides one alert. Returns at once. */
export function decide(row: AlertRow, choice: Choice, me: string, address: string): void {
  markDone(row.number);
  patchRow(row.number, (known) => decided(known, choice.decision, me, new Date().toISOString()));
  made.push({ number: row.number, address, answer: send(row, choice) });
  notice({ kind: 'decided', number: row.number, decision: choice.decision, undo: () => void undoNewest() });
}

/** Takes the newest decision back and shows its alert again. False if there is none. */
export async function undoNewest(): Promise<boolean> {
  const last = made.pop();
  if (last === undefined) return false;
  const row = await last.answer;
  // The API did not take it, and said so: there is nothing to take back.
  if (row === null) return true;
  try {
    const { alert } = await ask(() =>
      api.POST('/api/alerts/{number}/undo', {
        params: { path: { number: last.number } },
        body: { version: row.version },
      }),
    );
    unmarkDone(last.number);
    patchRow(last.number, () => alert);
    notice({ kind: 'undone', number: last.number });
    go(last.address);
  } catch (thrown) {
    notice({ kind: 'problem', number: last.number, problem: asProblem(thrown) });
  } finally {
    forget(last.number);
    listsAreOld();
  }
  return true;
}

/** Assigns one alert to somebody, or to nobody. What goes wrong is told by a notice. */
export async function assign(row: AlertRow, to: string | null): Promise<void> {
  try {
    const { alert } = await ask(() =>
      api.POST('/api/alerts/{number}/assign', {
        params: { path: { number: row.number } },
        body: { to, version: row.version },
      }),
    );
    patchRow(row.number, () => alert);
    notice({ kind: 'assigned', number: row.number, to });
  } catch (thrown) {
    notice({ kind: 'problem', number: row.number, problem: asProblem(thrown) });
  } finally {
    await queries.invalidateQueries({ queryKey: ['alert', row.number] });
    listsAreOld();
  }
}

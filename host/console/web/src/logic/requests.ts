// Requests of two persons: how an address says which are looked at, and what one is about.

import type { Asked, AskedView } from '../api/types';

export const ASKED_VIEWS = ['open', 'decided', 'run'] as const satisfies AskedView[];

export interface RequestsPlace {
  readonly view: AskedView;
  /** The request that is open beside the list. */
  readonly number: number | null;
}

const NUMBER = /^[1-9]\d{0,14}$/;

/** Reads an address's query. What it does not know, or what has no sense, is left out. */
export function requestsPlaceOf(search: string): RequestsPlace {
  const query = new URLSearchParams(search);
  const number = query.get('number') ?? '';
  return {
    view: ASKED_VIEWS.find((view) => view === query.get('view')) ?? 'open',
    number: NUMBER.test(number) ? Number(number) : null,
  };
}

/** The address of a view, with the request that is open beside it. */
export function requestsAddress({ view, number }: RequestsPlace): string {
  const query = new URLSearchParams();
  if (view !== 'open') query.set('view', view);
  if (number !== null) query.set('number', String(number));
  const text = query.toString();
  return text === '' ? '/requests' : `/requests?${text}`;
}

/** What the words about a request are filled with. */
export const valuesOf = (asked: Asked) => ({
  count: asked.messages ?? 0,
  hold: asked.hold ?? 0,
  to: asked.export?.to ?? '',
  assessment: asked.scoring?.assessment ?? '',
});

/** What somebody who looks at a request may do about it here, in the order of the buttons. */
export function waysOf(asked: Asked): ('approve' | 'run' | 'refuse')[] {
  return [
    ...(asked.may_approve ? (['approve'] as const) : []),
    ...(asked.may_run ? (['run'] as const) : []),
    ...(asked.may_refuse ? (['refuse'] as const) : []),
  ];
}

/** Why a request cannot be approved, or run, by whoever looks at it; null if nothing has to be said. */
export function whyNot(asked: Asked, me: string): 'own' | 'command-line' | null {
  if (asked.state === 'waits-for-approval' && !asked.may_approve && asked.asked_by === `person:${me}`) return 'own';
  if (asked.state === 'may-run' && !asked.may_run) return 'command-line';
  return null;
}

// How the pages ask the API: one client, the header against forged requests, and a second proof of the person where it is wanted.

import createClient from 'openapi-fetch';
import type { paths } from './generated';
import { Problem, problemOf } from './problem';

let csrf = '';

/** Takes over the value of `/api/me` that every changing request carries. */
export function rememberCsrf(value: string): void {
  csrf = value;
}

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: 'same-origin',
  cache: 'no-store',
});

api.use({
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set('proviso-csrf', csrf);
    return request;
  },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

interface Listeners {
  /** The session is over. */
  signedOut: () => void;
  /** The person is not what the page took him for: his password was set anew. */
  changed: () => void;
  /** A second proof is wanted; resolves to false if the person declines. */
  stepUp: () => Promise<boolean>;
}

const listeners: Listeners = {
  signedOut: () => undefined,
  changed: () => undefined,
  stepUp: () => Promise.resolve(false),
};

export function listen(to: Partial<Listeners>): void {
  Object.assign(listeners, to);
}

/** Asks once. Throws a `Problem` for whatever is not a success. */
async function askOnce<T>(request: () => Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await request();
  } catch {
    throw new Problem('unreachable', '', 0);
  }
  if (answer.response.ok) return answer.data as T;
  throw problemOf(answer.error, answer.response.status);
}

/** Asks, and asks again after a second proof of the person where the API wants one. */
export async function ask<T>(request: () => Promise<Answer<T>>): Promise<T> {
  try {
    return await askOnce(request);
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown;
    if (thrown.code === 'step-up-wanted' && (await listeners.stepUp())) return askOnce(request);
    if (thrown.code === 'no-session') listeners.signedOut();
    if (thrown.code === 'password-change-wanted') listeners.changed();
    throw thrown;
  }
}

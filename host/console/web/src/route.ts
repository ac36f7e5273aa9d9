// Where the reader is: the address below `/console`, and how to go elsewhere without a new page.

import { useSyncExternalStore } from 'react';

const BASE = '/console';

export interface Place {
  /** Begins with a slash. */
  readonly path: string;
  /** Empty, or begins with a question mark. */
  readonly search: string;
}

function read(): Place {
  const { pathname, search } = window.location;
  const path = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : pathname;
  return { path: path === '' ? '/' : path, search };
}

let place = read();
const watchers = new Set<() => void>();

function changed(): void {
  place = read();
  for (const watcher of watchers) watcher();
}

window.addEventListener('popstate', changed);

export const addressOf = (to: string) => `${BASE}${to}`;

export function go(to: string, replace = false): void {
  if (replace) window.history.replaceState(null, '', addressOf(to));
  else window.history.pushState(null, '', addressOf(to));
  changed();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export const usePlace = (): Place => useSyncExternalStore(watch, () => place);

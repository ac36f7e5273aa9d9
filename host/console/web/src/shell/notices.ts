// What was just done, or went wrong, on another page than the one that is shown now. The newest alone is told.

import { useSyncExternalStore } from 'react';
import type { Problem } from '../api/problem';
import type { Decision } from '../api/types';

export type Notice =
  | { readonly kind: 'decided'; readonly number: number; readonly decision: Decision; readonly undo: () => void }
  | { readonly kind: 'undone'; readonly number: number }
  | { readonly kind: 'assigned'; readonly number: number; readonly to: string | null }
  | { readonly kind: 'request'; readonly number: number; readonly way: 'approve' | 'refuse' | 'run' }
  | { readonly kind: 'bulk'; readonly changed: number }
  | { readonly kind: 'problem'; readonly number: number; readonly problem: Problem };

let current: Notice | null = null;
const watchers = new Set<() => void>();

export function notice(next: Notice | null): void {
  current = next;
  for (const watcher of watchers) watcher();
}

export const useNotice = (): Notice | null =>
  useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => current,
  );

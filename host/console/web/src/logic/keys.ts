// Which key does what. A key does nothing while somebody writes, composes or holds a modifier.

import type { Decision } from '../api/types';

export const DECISIONS = [
  'no-issue',
  'violation',
  'false-positive',
  'escalate',
  'unclear',
] as const satisfies Decision[];

export type Act =
  | { readonly kind: 'decide'; readonly decision: Decision }
  | { readonly kind: 'undo' | 'next' | 'previous' | 'assign' | 'comment' | 'help' | 'filter' | 'open' | 'select' };

/** What a key event has that matters here; a browser's own event is one. */
export interface Press {
  readonly key: string;
  readonly keyCode: number;
  readonly isComposing: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly repeat: boolean;
}

/** Where the press went: a field takes it as text, a dialog has keys of its own, a button takes Enter and the space bar. */
export type Target = 'field' | 'dialog' | 'button' | 'page';

/** `keyCode` of a press that an input method still has in hand; some browsers say only this. */
const IN_COMPOSITION = 229;

const PLAIN: Readonly<Record<string, Act>> = {
  '1': { kind: 'decide', decision: 'no-issue' },
  '2': { kind: 'decide', decision: 'violation' },
  '3': { kind: 'decide', decision: 'false-positive' },
  '4': { kind: 'decide', decision: 'escalate' },
  '5': { kind: 'decide', decision: 'unclear' },
  u: { kind: 'undo' },
  j: { kind: 'next' },
  k: { kind: 'previous' },
  a: { kind: 'assign' },
  c: { kind: 'comment' },
  x: { kind: 'select' },
  '?': { kind: 'help' },
  '/': { kind: 'filter' },
  Enter: { kind: 'open' },
};

/** What a press asks for, or null. A key that is held down goes on and back, and decides nothing twice. */
export function actOf(press: Press, target: Target): Act | null {
  if (press.isComposing || press.keyCode === IN_COMPOSITION) return null;
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  if (target === 'field' || target === 'dialog') return null;
  if (target === 'button' && press.key === 'Enter') return null;
  const act = Object.hasOwn(PLAIN, press.key) ? PLAIN[press.key] : undefined;
  if (act === undefined) return null;
  if (press.repeat && act.kind !== 'next' && act.kind !== 'previous') return null;
  return act;
}

/** Tells where a press went. */
export function targetOf(element: EventTarget | null): Target {
  if (!(element instanceof HTMLElement)) return 'page';
  if (element.isContentEditable || element.closest('input:not([type=checkbox], [type=radio]), textarea, select')) {
    return 'field';
  }
  if (element.closest('[role=dialog]')) return 'dialog';
  return element.closest('button, a, input, [role=button], [role=menuitem]') ? 'button' : 'page';
}

// Gives a page the keys, as long as it is shown and the reader has not switched them off.

import { useEffect, useEffectEvent } from 'react';
import { type Act, actOf, targetOf } from '../logic/keys';
import { usePreferences } from '../preferences';

/** `handle` answers whether the page took the act; a key that it did not take does what it always does. */
export function useKeys(handle: (act: Act) => boolean): void {
  const { keys } = usePreferences();
  const press = useEffectEvent((event: KeyboardEvent) => {
    // While a dialog is open the page behind it has no keys, wherever the focus is.
    if (document.querySelector('[role=dialog][aria-modal=true]') !== null) return;
    const act = actOf(event, targetOf(event.target));
    if (act !== null && handle(act)) event.preventDefault();
  });
  useEffect(() => {
    if (!keys) return undefined;
    const listener = (event: KeyboardEvent) => press(event);
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, [keys]);
}

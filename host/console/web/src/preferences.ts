// What a reader chose for this browser: language, light or dark, keys on or off. Nothing of it leaves the browser.

import { useSyncExternalStore } from 'react';
import { type Language, languageOf, LANGUAGES } from './logic/language';

export const THEMES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEMES)[number];

export interface Preferences {
  readonly language: Language;
  readonly theme: ThemeChoice;
  readonly keys: boolean;
}

const PLACE = 'proviso-console';

function read(): Preferences {
  const byBrowser: Preferences = { language: languageOf(navigator.languages), theme: 'system', keys: true };
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(PLACE) ?? '{}');
    if (typeof stored !== 'object' || stored === null) return byBrowser;
    const { language, theme, keys } = stored as Record<string, unknown>;
    return {
      language: LANGUAGES.find((one) => one === language) ?? byBrowser.language,
      theme: THEMES.find((one) => one === theme) ?? byBrowser.theme,
      keys: typeof keys === 'boolean' ? keys : byBrowser.keys,
    };
  } catch {
    // A browser that keeps nothing, or an entry that somebody broke: as if nothing had been chosen.
    return byBrowser;
  }
}

let current = read();
const watchers = new Set<() => void>();

export const preferences = () => current;

export function prefer(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(PLACE, JSON.stringify(current));
  } catch {
    // It holds until the page is left.
  }
  for (const watcher of watchers) watcher();
}

export function watchPreferences(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export const usePreferences = (): Preferences => useSyncExternalStore(watchPreferences, () => current);

// Until when an answer is due, in words: "3 h left", "2 h late". The colour only repeats them.

import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/format';
import { dueWords } from '../logic/due';

const MINUTE_MS = 60_000;
let minute = Date.now();
const watchers = new Set<() => void>();
setInterval(() => {
  minute = Date.now();
  for (const watcher of watchers) watcher();
}, MINUTE_MS / 2);

/** The time, to half a minute. */
export const useNow = () =>
  useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => minute,
  );

export function Due({ at }: { at: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const words = dueWords(at, useNow());
  return (
    <time dateTime={at} title={formats.full(at)} className={words.late ? 'late' : undefined}>
      {t(words.key, { n: formats.number(words.n) })}
    </time>
  );
}

// Times and numbers as the reader's language writes them.

import { type Formats, formatsOf } from '../logic/format';
import { usePreferences } from '../preferences';

const FORMATS = new Map<string, Formats>();

export function useFormats(): Formats {
  const { language } = usePreferences();
  const known = FORMATS.get(language);
  if (known !== undefined) return known;
  const made = formatsOf(language);
  FORMATS.set(language, made);
  return made;
}

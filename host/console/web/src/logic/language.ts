// Which language the pages speak, by what the browser asks for.

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The first language asked for that the pages have; Chinese of any place is the one that they have. English if there is none. */
export function languageOf(asked: readonly string[]): Language {
  for (const one of asked) {
    if (/^zh\b/i.test(one)) return 'zh-CN';
    if (/^en\b/i.test(one)) return 'en';
  }
  return 'en';
}

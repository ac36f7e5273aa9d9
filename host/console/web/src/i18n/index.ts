// The words of the pages, by key. Both languages have the same keys: a test compares them.

import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { preferences, watchPreferences } from '../preferences';
import en from './en.json';
import zhCN from './zh-CN.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    keySeparator: false;
    nsSeparator: false;
    resources: { translation: typeof en };
  }
}

function tell(): void {
  const { language } = preferences();
  document.documentElement.lang = language;
  if (i18next.language !== language) void i18next.changeLanguage(language);
}

export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: preferences().language,
    fallbackLng: false,
    keySeparator: false,
    nsSeparator: false,
    resources: { en: { translation: en }, 'zh-CN': { translation: zhCN } },
    // React escapes what it writes.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  tell();
  watchPreferences(tell);
}

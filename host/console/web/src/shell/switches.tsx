// The two switches of the reader: language, and light or dark.

import { useTranslation } from 'react-i18next';
import { LANGUAGES } from '../logic/language';
import { Choice } from '../parts/choice';
import { prefer, THEMES, usePreferences } from '../preferences';

/** Each language by its own name, whatever the page speaks. */
const NAMES = { 'zh-CN': '简体中文', en: 'English' } as const;

export function Switches() {
  const { t } = useTranslation();
  const { language, theme } = usePreferences();
  return (
    <>
      <Choice
        aria-label={t('shell.language')}
        value={language}
        options={LANGUAGES.map((one) => ({ value: one, label: NAMES[one] }))}
        onChoose={(chosen) => prefer({ language: chosen })}
      />
      <Choice
        aria-label={t('shell.theme')}
        value={theme}
        options={THEMES.map((one) => ({ value: one, label: t(`theme.${one}`) }))}
        onChoose={(chosen) => prefer({ theme: chosen })}
      />
    </>
  );
}

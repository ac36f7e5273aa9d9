// How grave a finding is: always the word, with as many bars as its rank. A held message has none and says so.

import { useTranslation } from 'react-i18next';
import type { Severity as Grade } from '../api/types';
import { SEVERITIES } from '../logic/filters';

export function Severity({ of }: { of: Grade | null }) {
  const { t } = useTranslation();
  if (of === null) return <span className="severity severity-held">{t('severity.held')}</span>;
  const rank = SEVERITIES.indexOf(of) + 1;
  return (
    <span className={`severity severity-${of}`}>
      <svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true">
        {SEVERITIES.map((grade, place) => (
          <rect
            key={grade}
            x={place * 3.6}
            y={9 - place * 3}
            width="2.6"
            height={3 + place * 3}
            className={place < rank ? 'bar' : 'bar-off'}
          />
        ))}
      </svg>
      {t(`severity.${of}`)}
    </span>
  );
}

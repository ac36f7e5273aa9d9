// A rule by its names: the rule first, then where it comes from. No rule holds a message; a policy that failed does.

import { useTranslation } from 'react-i18next';
import type { AlertRow } from '../api/types';

export function RuleName({ of }: { of: Pick<AlertRow, 'pack' | 'policy' | 'rule'> }) {
  const { t } = useTranslation();
  if (of.rule === '') return <strong className="rule">{t('rule.held')}</strong>;
  return (
    <span className="rule">
      <strong>{of.rule}</strong>{' '}
      <span className="quiet">
        {of.pack} / {of.policy}
      </span>
    </span>
  );
}

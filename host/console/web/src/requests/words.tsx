// A request in a few words: the act, and what it is about; and how it stands.

import { useTranslation } from 'react-i18next';
import type { Asked } from '../api/types';
import { valuesOf } from '../logic/requests';
import { whoOf } from '../logic/who';

export function About({ asked }: { asked: Asked }) {
  const { t } = useTranslation();
  return <bdi>{t(`requestAbout.${asked.act}`, valuesOf(asked))}</bdi>;
}

export function Standing({ asked }: { asked: Asked }) {
  const { t } = useTranslation();
  const { decision, run_by: runner } = asked;
  return (
    <>
      <span>{t(`requestState.${asked.state}`)}</span>
      {decision !== null && (
        <span className="quiet">
          {t(decision.approved ? 'requests.approvedBy' : 'requests.refusedBy', { name: whoOf(decision.by) })}
        </span>
      )}
      {runner !== null && <span className="quiet">{t('requests.ranBy', { name: whoOf(runner) })}</span>}
    </>
  );
}

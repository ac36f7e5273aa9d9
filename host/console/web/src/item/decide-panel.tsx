// The five decisions, each with its key; or what was decided, for an alert that is closed.

import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import { listsAreOld, patchRow, queries } from '../api/queries';
import type { AlertRow, Me } from '../api/types';
import { assign, type Choice } from '../decide/acts';
import { DECISIONS } from '../logic/keys';
import { may } from '../logic/rights';
import { whoOf } from '../logic/who';
import { Moment } from '../parts/moment';
import { ProblemNote } from '../parts/problem-note';
import { usePreferences } from '../preferences';

interface Props {
  readonly me: Me;
  readonly row: AlertRow;
  readonly decide: (choice: Choice) => void;
  readonly withReason: () => void;
}

function Closed({ me, row }: { me: Me; row: AlertRow }) {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const reopen = async () => {
    setProblem(null);
    try {
      const { alert } = await ask(() =>
        api.POST('/api/alerts/{number}/reopen', {
          params: { path: { number: row.number } },
          body: { reason: 'looked-at-again', version: row.version },
        }),
      );
      patchRow(row.number, () => alert);
    } catch (thrown) {
      setProblem(asProblem(thrown));
    }
    await queries.invalidateQueries({ queryKey: ['alert', row.number] });
    listsAreOld();
  };
  return (
    <>
      <p>
        {row.decision !== null && <strong>{t(`decision.${row.decision}`)}</strong>}
        {row.decided_by !== null && row.decided_at !== null && (
          <span className="quiet">
            {' · '}
            {whoOf(row.decided_by)} · <Moment at={row.decided_at} />
          </span>
        )}
      </p>
      {problem !== null && <ProblemNote problem={problem} />}
      {may(me, 'decide') && <Button onClick={() => void reopen()}>{t('decide.reopen')}</Button>}
    </>
  );
}

export function DecidePanel({ me, row, decide, withReason }: Props) {
  const { t } = useTranslation();
  const { keys } = usePreferences();
  const mine = row.assignee === me.name;
  return (
    <section className="decide" aria-label={t('decide.title')}>
      <h2>{t('decide.title')}</h2>
      {row.state === 'closed' ? (
        <Closed me={me} row={row} />
      ) : may(me, 'decide') ? (
        <>
          <div className="decisions">
            {DECISIONS.map((decision, place) => (
              <Button
                key={decision}
                title={t(`decision.${decision}.means`)}
                onClick={() => decide({ decision, reason: null, comment: null })}
              >
                {keys && <kbd>{place + 1}</kbd>}
                {t(`decision.${decision}`)}
              </Button>
            ))}
          </div>
          <div className="buttons">
            <Button type="link" onClick={withReason}>
              {t('decide.withReason')}
            </Button>
            {may(me, 'assign') && (
              <Button type="link" onClick={() => void assign(row, mine ? null : me.name)}>
                {t(mine ? 'assign.release' : 'assign.toMe')} {keys && !mine && <kbd>a</kbd>}
              </Button>
            )}
          </div>
        </>
      ) : (
        <p>{t('decide.notYours')}</p>
      )}
    </section>
  );
}

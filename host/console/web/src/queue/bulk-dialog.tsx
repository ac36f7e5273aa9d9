// Decides or assigns many at once. The button says how many; if the queue has changed meanwhile, nothing happens and the new number is offered.

import { Alert, Button, Input } from 'antd';
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import { queries } from '../api/queries';
import type { BulkAct, Me } from '../api/types';
import type { Choice } from '../decide/acts';
import { DecideForm } from '../decide/decide-form';
import { Dialog } from '../parts/dialog';
import { Field } from '../parts/field';
import { ProblemNote } from '../parts/problem-note';
import { notice } from '../shell/notices';
import { bulkOf, countOf, type Selection } from './bulk';

interface Props {
  readonly act: 'decide' | 'assign';
  readonly selection: Selection;
  readonly me: Me;
  readonly close: () => void;
  readonly done: () => void;
}

type Whom = 'me' | 'nobody' | 'other';

function Body({ act, selection, me, close, done }: Props) {
  const { t } = useTranslation();
  // Taken as it was when the dialog opened: what arrives meanwhile must not slip in.
  const [taken, setTaken] = useState(selection);
  const [choice, setChoice] = useState<Choice>({ decision: 'no-issue', reason: null, comment: null });
  const [whom, setWhom] = useState<Whom>('me');
  const [other, setOther] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [before, setBefore] = useState<number | null>(null);
  const count = countOf(taken);

  const to = whom === 'me' ? me.name : whom === 'nobody' ? null : other.trim();
  const asked: BulkAct = act === 'decide' ? { decide: choice } : { assign: { to } };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    setBefore(null);
    try {
      const { changed } = await ask(() => api.POST('/api/alerts/bulk', { body: bulkOf(taken, asked) }));
      notice({ kind: 'bulk', changed });
      done();
    } catch (thrown) {
      const met = asProblem(thrown);
      if (met.code === 'count-differs' && met.found !== null && taken.kind === 'filter') {
        setBefore(taken.expected);
        setTaken({ ...taken, expected: met.found });
      } else setProblem(met);
    } finally {
      setBusy(false);
      void queries.invalidateQueries({ queryKey: ['alerts'] });
      queries.removeQueries({ queryKey: ['alert'] });
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)}>
      {before !== null && (
        <Alert
          type="warning"
          showIcon={false}
          role="alert"
          title={t('bulk.differs', { before, now: count })}
          description={t('bulk.differsText')}
        />
      )}
      {problem !== null && <ProblemNote problem={problem} />}
      {act === 'decide' ? (
        <DecideForm value={choice} change={setChoice} />
      ) : (
        <>
          <fieldset className="radios">
            <legend>{t('assign.whom')}</legend>
            {(['me', 'nobody', 'other'] as const).map((one) => (
              <label key={one}>
                <input type="radio" name="whom" checked={whom === one} onChange={() => setWhom(one)} />
                <span>{t(`assign.${one}`)}</span>
              </label>
            ))}
          </fieldset>
          {whom === 'other' && (
            <Field label={t('field.name')}>
              {(ids) => (
                <Input
                  {...ids}
                  required
                  maxLength={64}
                  value={other}
                  onChange={(event) => setOther(event.target.value)}
                />
              )}
            </Field>
          )}
        </>
      )}
      <div className="buttons">
        <Button type="primary" htmlType="submit" loading={busy} disabled={count === 0}>
          {act === 'decide'
            ? t('bulk.doDecide', { count, decision: t(`decision.${choice.decision}`) })
            : t('bulk.doAssign', { count })}
        </Button>
        <Button onClick={close}>{t('action.cancel')}</Button>
      </div>
    </form>
  );
}

export function BulkDialog({ act, ...rest }: Omit<Props, 'act'> & { act: Props['act'] | null }) {
  const { t } = useTranslation();
  return (
    <Dialog
      open={act !== null}
      title={t(act === 'assign' ? 'bulk.assignTitle' : 'bulk.decideTitle')}
      close={rest.close}
    >
      {act !== null && <Body act={act} {...rest} />}
    </Dialog>
  );
}

// Asks once more before a request is approved, refused or run: says what happens then, and takes the reason of a decision.

import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { queries } from '../api/queries';
import type { Asked } from '../api/types';
import { valuesOf } from '../logic/requests';
import { COMMENT_LENGTH_MAX } from '../logic/reasons';
import { Dialog } from '../parts/dialog';
import { Field } from '../parts/field';
import { ProblemNote } from '../parts/problem-note';
import { useSending } from '../parts/use-sending';
import { notice } from '../shell/notices';
import type { Way } from './panel';

interface Props {
  readonly asked: Asked;
  readonly way: Way;
  readonly close: () => void;
}

function Means({ asked, way }: Omit<Props, 'close'>) {
  const { t } = useTranslation();
  const values = { ...valuesOf(asked), number: asked.number };
  if (way === 'refuse') return <p>{t('requests.refuseMeans')}</p>;
  if (way === 'approve') return <p>{t(`requestApprove.${asked.act}`, values)}</p>;
  return <p>{asked.act === 'disposal' ? t('requests.runDisposal', values) : t('requests.runRelease', values)}</p>;
}

function Body({ asked, way, close }: Props) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  const { busy, problem, send } = useSending();
  const path = { params: { path: { number: asked.number } } };
  const act = send(async () => {
    try {
      await ask(() =>
        way === 'run'
          ? api.POST('/api/requests/{number}/run', path)
          : api.POST('/api/requests/{number}/decide', {
              ...path,
              body: { digest: asked.digest, approve: way === 'approve', note: note.trim() },
            }),
      );
      notice({ kind: 'request', number: asked.number, way });
      close();
    } finally {
      // Also what was refused says that the list is not true any more.
      void queries.invalidateQueries({ queryKey: ['requests'] });
    }
  });
  return (
    <form onSubmit={act}>
      {problem !== null && <ProblemNote problem={problem} />}
      <Means asked={asked} way={way} />
      {way !== 'run' && (
        <Field label={t('requests.why')} hint={t('requests.whyHint')}>
          {(ids) => (
            <Input.TextArea
              {...ids}
              rows={3}
              required
              maxLength={COMMENT_LENGTH_MAX}
              value={note}
              onChange={(event) => setNote(event.target.value)}
            />
          )}
        </Field>
      )}
      <div className="buttons">
        <Button type="primary" htmlType="submit" loading={busy} disabled={way !== 'run' && note.trim() === ''}>
          {t(`requestDo.${way}`)}
        </Button>
        <Button onClick={close}>{t('action.cancel')}</Button>
      </div>
    </form>
  );
}

export function WayDialog({ asked, way, close }: { asked: Asked | null; way: Way | null; close: () => void }) {
  const { t } = useTranslation();
  const open = asked !== null && way !== null;
  return (
    <Dialog open={open} title={open ? t(`requestTitle.${way}`, { number: asked.number }) : ''} close={close}>
      {open && <Body asked={asked} way={way} close={close} />}
    </Dialog>
  );
}

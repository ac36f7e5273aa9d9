// The dialog for one alert that wants more than a key: a reason, or a comment with the decision.

import { Button } from 'antd';
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Choice } from './acts';
import { DecideForm } from './decide-form';
import { Dialog } from '../parts/dialog';

interface Props {
  readonly open: boolean;
  readonly close: () => void;
  readonly decide: (choice: Choice) => void;
}

const FIRST: Choice = { decision: 'no-issue', reason: null, comment: null };

export function DecideDialog({ open, close, decide }: Props) {
  const { t } = useTranslation();
  const [choice, setChoice] = useState(FIRST);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    close();
    setChoice(FIRST);
    decide(choice);
  };
  return (
    <Dialog open={open} title={t('decide.title')} close={close}>
      <form onSubmit={submit}>
        <DecideForm value={choice} change={setChoice} />
        <div className="buttons">
          <Button type="primary" htmlType="submit">
            {t('decide.do', { decision: t(`decision.${choice.decision}`) })}
          </Button>
          <Button onClick={close}>{t('action.cancel')}</Button>
        </div>
      </form>
    </Dialog>
  );
}

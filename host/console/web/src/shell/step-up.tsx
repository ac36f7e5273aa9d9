// Asks for the password again, and for the code of those who have one, before what the API guards doubly.

import { Button, Input } from 'antd';
import { useEffect, useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask, listen } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import type { Me } from '../api/types';
import { Dialog } from '../parts/dialog';
import { Field } from '../parts/field';
import { ProblemNote } from '../parts/problem-note';

export function StepUp({ me }: { me: Me }) {
  const { t } = useTranslation();
  // Who waits for the answer; null while nobody does.
  const [waiting, setWaiting] = useState<((proved: boolean) => void) | null>(null);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    listen({ stepUp: () => new Promise((resolve) => setWaiting(() => resolve)) });
    return () => listen({ stepUp: () => Promise.resolve(false) });
  }, []);

  const end = (proved: boolean) => {
    waiting?.(proved);
    setWaiting(null);
    setPassword('');
    setCode('');
    setProblem(null);
  };
  const prove = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await ask(() => api.POST('/api/session/step-up', { body: { password, ...(me.totp ? { code } : {}) } }));
      end(true);
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog open={waiting !== null} title={t('stepUp.title')} close={() => end(false)} above>
      <form onSubmit={(event) => void prove(event)}>
        <p>{t('stepUp.text')}</p>
        {problem !== null && <ProblemNote problem={problem} />}
        <Field label={t('field.password')}>
          {(ids) => (
            <Input
              {...ids}
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        {me.totp && (
          <Field label={t('field.code')} hint={t('field.codeHint')}>
            {(ids) => (
              <Input
                {...ids}
                inputMode="numeric"
                autoComplete="one-time-code"
                required
                value={code}
                onChange={(event) => setCode(event.target.value)}
              />
            )}
          </Field>
        )}
        <div className="buttons">
          <Button type="primary" htmlType="submit" loading={busy}>
            {t('stepUp.do')}
          </Button>
          <Button onClick={() => end(false)}>{t('action.cancel')}</Button>
        </div>
      </form>
    </Dialog>
  );
}

// Asks for the password again, and for the code of those who have one, before what the API guards doubly.

import { Button } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask, listen } from '../api/client';
import type { Me } from '../api/types';
import { Dialog } from '../parts/dialog';
import { ProblemNote } from '../parts/problem-note';
import { CodeField, codeOf, PasswordField } from '../parts/secret-fields';
import { useSending } from '../parts/use-sending';

export function StepUp({ me }: { me: Me }) {
  const { t } = useTranslation();
  // Who waits for the answer; null while nobody does.
  const [waiting, setWaiting] = useState<((proved: boolean) => void) | null>(null);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const { busy, problem, setProblem, send } = useSending();

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
  const prove = send(async () => {
    const body = { password, ...(me.totp ? { code: codeOf(code) } : {}) };
    await ask(() => api.POST('/api/session/step-up', { body }));
    end(true);
  });

  return (
    <Dialog open={waiting !== null} title={t('stepUp.title')} close={() => end(false)} above>
      <form onSubmit={prove}>
        <p>{t('stepUp.text')}</p>
        {problem !== null && <ProblemNote problem={problem} />}
        <PasswordField value={password} change={setPassword} />
        {me.totp && <CodeField value={code} change={setCode} />}
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

// A new password: the old one, the new one twice, and what is asked of it.

import { Button } from 'antd';
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { ProblemNote } from '../parts/problem-note';
import { CodeField, codeOf, PasswordField } from '../parts/secret-fields';
import { useSending } from '../parts/use-sending';

/** The API's own bounds, in bytes. */
export const PASSWORD_BYTES_MIN = 12;
export const PASSWORD_BYTES_MAX = 1024;

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

type Fault = 'password.tooShort' | 'password.tooLong' | 'password.differ' | 'password.same';

function faultOf(old: string, fresh: string, again: string): Fault | null {
  if (bytesOf(fresh) < PASSWORD_BYTES_MIN) return 'password.tooShort';
  if (bytesOf(fresh) > PASSWORD_BYTES_MAX) return 'password.tooLong';
  if (fresh === old) return 'password.same';
  return fresh === again ? null : 'password.differ';
}

export function PasswordForm({ oldLabel, totp, changed }: { oldLabel: string; totp: boolean; changed: () => void }) {
  const { t } = useTranslation();
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const [code, setCode] = useState('');
  const [fault, setFault] = useState<Fault | null>(null);
  const { busy, problem, setProblem, send } = useSending();

  const sent = send(async () => {
    const body = { old, new: fresh, ...(totp ? { code: codeOf(code) } : {}) };
    await ask(() => api.POST('/api/me/password', { body }));
    setOld('');
    setFresh('');
    setAgain('');
    setCode('');
    changed();
  });
  const change = (event: SubmitEvent) => {
    event.preventDefault();
    setProblem(null);
    const found = faultOf(old, fresh, again);
    setFault(found);
    if (found === null) sent(event);
  };

  return (
    <form onSubmit={change}>
      {problem !== null && <ProblemNote problem={problem} />}
      <PasswordField label={oldLabel} value={old} change={setOld} />
      <PasswordField label={t('password.new')} hint={t('password.hint')} value={fresh} change={setFresh} kind="new" />
      <PasswordField label={t('password.again')} value={again} change={setAgain} kind="new" />
      {totp && <CodeField value={code} change={setCode} />}
      {fault !== null && (
        <p role="alert" className="fault">
          {t(fault)}
        </p>
      )}
      <Button type="primary" htmlType="submit" loading={busy}>
        {t('password.do')}
      </Button>
    </form>
  );
}

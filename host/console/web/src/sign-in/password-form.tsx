// A new password: the old one, the new one twice, and what is asked of it.

import { Button, Input } from 'antd';
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import { Field } from '../parts/field';
import { ProblemNote } from '../parts/problem-note';

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
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  const change = async (event: SubmitEvent) => {
    event.preventDefault();
    setProblem(null);
    const found = faultOf(old, fresh, again);
    setFault(found);
    if (found !== null) return;
    setBusy(true);
    try {
      await ask(() =>
        api.POST('/api/me/password', { body: { old, new: fresh, ...(totp ? { code: code.trim() } : {}) } }),
      );
      setOld('');
      setFresh('');
      setAgain('');
      setCode('');
      changed();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };

  const secret = (
    label: string,
    value: string,
    set: (value: string) => void,
    kind: 'current' | 'new',
    hint?: string,
  ) => (
    <Field label={label} hint={hint}>
      {(ids) => (
        <Input
          {...ids}
          type="password"
          autoComplete={`${kind}-password`}
          required
          value={value}
          onChange={(event) => set(event.target.value)}
        />
      )}
    </Field>
  );
  return (
    <form onSubmit={(event) => void change(event)}>
      {problem !== null && <ProblemNote problem={problem} />}
      {secret(oldLabel, old, setOld, 'current')}
      {secret(t('password.new'), fresh, setFresh, 'new', t('password.hint'))}
      {secret(t('password.again'), again, setAgain, 'new')}
      {totp && (
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

// The entrance: name and password, and the code where the API asks for one.

import { Button, Input, type InputRef } from 'antd';
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import { becomeMe } from '../api/queries';
import { Field } from '../parts/field';
import { ProblemNote } from '../parts/problem-note';
import { Entrance } from './entrance';

export function SignIn() {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [codeWanted, setCodeWanted] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const codeField = useRef<InputRef>(null);
  // It comes because it is wanted next; it was not there when the form was read.
  useEffect(() => {
    if (codeWanted) codeField.current?.focus();
  }, [codeWanted]);

  const enter = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      becomeMe(
        await ask(() =>
          api.POST('/api/session', {
            body: { name: name.trim(), password, ...(codeWanted ? { code: code.trim() } : {}) },
          }),
        ),
      );
    } catch (thrown) {
      const met = asProblem(thrown);
      if (met.code === 'code-wanted' && !codeWanted) setCodeWanted(true);
      else setProblem(met);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Entrance title={t('signIn.title')}>
      <form onSubmit={(event) => void enter(event)}>
        {problem !== null && <ProblemNote problem={problem} />}
        <Field label={t('field.name')}>
          {(ids) => (
            <Input
              {...ids}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                setCodeWanted(false);
              }}
            />
          )}
        </Field>
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
        {codeWanted && (
          <Field label={t('field.code')} hint={t('field.codeHint')}>
            {(ids) => (
              <Input
                {...ids}
                ref={codeField}
                inputMode="numeric"
                autoComplete="one-time-code"
                required
                value={code}
                onChange={(event) => setCode(event.target.value)}
              />
            )}
          </Field>
        )}
        <Button type="primary" htmlType="submit" block loading={busy}>
          {t('signIn.do')}
        </Button>
      </form>
    </Entrance>
  );
}

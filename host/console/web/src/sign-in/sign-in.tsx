// The entrance: name and password, and the code where the API asks for one.

import { Button, Input, type InputRef } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem } from '../api/problem';
import { becomeMe } from '../api/queries';
import { Field } from '../parts/field';
import { ProblemNote } from '../parts/problem-note';
import { CodeField, codeOf, PasswordField } from '../parts/secret-fields';
import { useSending } from '../parts/use-sending';
import { Entrance } from './entrance';

export function SignIn() {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [codeWanted, setCodeWanted] = useState(false);
  const { busy, problem, send } = useSending();
  const codeField = useRef<InputRef>(null);
  // It comes because it is wanted next; it was not there when the form was read.
  useEffect(() => {
    if (codeWanted) codeField.current?.focus();
  }, [codeWanted]);

  const enter = send(async () => {
    try {
      becomeMe(
        await ask(() =>
          api.POST('/api/session', {
            body: { name: name.trim(), password, ...(codeWanted ? { code: codeOf(code) } : {}) },
          }),
        ),
      );
    } catch (thrown) {
      if (asProblem(thrown).code !== 'code-wanted' || codeWanted) throw thrown;
      setCodeWanted(true);
    }
  });

  return (
    <Entrance title={t('signIn.title')}>
      <form onSubmit={enter}>
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
        <PasswordField value={password} change={setPassword} />
        {codeWanted && <CodeField ref={codeField} value={code} change={setCode} />}
        <Button type="primary" htmlType="submit" block loading={busy}>
          {t('signIn.do')}
        </Button>
      </form>
    </Entrance>
  );
}

// Adds a user: name, how others read it, roles. The password for the first sign-in is made here and shown once.

import { Button, Input } from 'antd';
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import { Dialog } from '../parts/dialog';
import { Field } from '../parts/field';
import { ProblemNote } from '../parts/problem-note';
import { makePassword } from './make-password';
import { DRAFT, type RoleDraft } from './role-draft';
import { RolesForm, rolesOf } from './roles-form';
import { ToldOnce } from './told-once';

interface Props {
  readonly open: boolean;
  readonly close: () => void;
  readonly done: () => void;
}

function Body({ close, done }: Omit<Props, 'open'>) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [display, setDisplay] = useState('');
  const [drafts, setDrafts] = useState<readonly RoleDraft[]>([DRAFT]);
  const [password] = useState(makePassword);
  const [added, setAdded] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const body = { name: name.trim(), display: display.trim(), password_once: password, roles: rolesOf(drafts) };
      await ask(() => api.POST('/api/users', { body }));
      setAdded(true);
      done();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  if (added) return <ToldOnce name={display} password={password} close={close} />;
  return (
    <form onSubmit={(event) => void add(event)}>
      {problem !== null && <ProblemNote problem={problem} />}
      <Field label={t('field.name')} hint={t('users.nameHint')}>
        {(ids) => (
          <Input
            {...ids}
            required
            pattern="[a-z0-9._\-]{1,64}"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label={t('users.display')}>
        {(ids) => (
          <Input
            {...ids}
            required
            maxLength={100}
            autoComplete="off"
            value={display}
            onChange={(event) => setDisplay(event.target.value)}
          />
        )}
      </Field>
      <RolesForm drafts={drafts} change={setDrafts} />
      <div className="buttons">
        <Button type="primary" htmlType="submit" loading={busy}>
          {t('users.doAdd')}
        </Button>
        <Button onClick={close}>{t('action.cancel')}</Button>
      </div>
    </form>
  );
}

export function AddUser({ open, ...rest }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} title={t('users.add')} close={rest.close}>
      <Body {...rest} />
    </Dialog>
  );
}

// Gives a user other roles. What is saved takes the place of all that the user had.

import { Button } from 'antd';
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import type { User } from '../api/types';
import { Dialog } from '../parts/dialog';
import { ProblemNote } from '../parts/problem-note';
import { draftOf, type RoleDraft } from './role-draft';
import { RolesForm, rolesOf } from './roles-form';

interface Props {
  readonly user: User;
  readonly close: () => void;
  readonly done: () => void;
}

function Body({ user, close, done }: Props) {
  const { t } = useTranslation();
  const [drafts, setDrafts] = useState<readonly RoleDraft[]>(user.roles.map(draftOf));
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await ask(() =>
        api.POST('/api/users/{name}/roles', {
          params: { path: { name: user.name } },
          body: { roles: rolesOf(drafts) },
        }),
      );
      done();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void save(event)}>
      {problem !== null && <ProblemNote problem={problem} />}
      <RolesForm drafts={drafts} change={setDrafts} />
      <div className="buttons">
        <Button type="primary" htmlType="submit" loading={busy}>
          {t('roles.save')}
        </Button>
        <Button onClick={close}>{t('action.cancel')}</Button>
      </div>
    </form>
  );
}

export function EditRoles({ user, ...rest }: Omit<Props, 'user'> & { user: User | null }) {
  const { t } = useTranslation();
  return (
    <Dialog
      open={user !== null}
      title={user === null ? '' : t('roles.title', { name: user.display })}
      close={rest.close}
    >
      {user !== null && <Body user={user} {...rest} />}
    </Dialog>
  );
}

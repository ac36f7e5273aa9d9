// Administration of users: who there is, with which roles, and what an administrator can do about it.

import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import { queries, usersQuery } from '../api/queries';
import type { Me, User } from '../api/types';
import { Moment } from '../parts/moment';
import { ProblemNote } from '../parts/problem-note';
import { AddUser } from './add-user';
import { OncePassword } from './once-password';
import { RoleList } from './role-list';
import { EditRoles } from './edit-roles';

type Dialog =
  | { readonly kind: 'add' }
  | { readonly kind: 'roles'; readonly user: User }
  | { readonly kind: 'password'; readonly user: User };

function State({ user }: { user: User }) {
  const { t } = useTranslation();
  const words = [
    user.disabled ? t('users.disabled') : null,
    user.must_change_password ? t('users.mustChange') : null,
    user.totp ? t('users.totp') : null,
  ].filter((word) => word !== null);
  return <>{words.length === 0 ? t('users.active') : words.join(' · ')}</>;
}

export function UsersPage({ me }: { me: Me }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(usersQuery);
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  const reload = () => queries.invalidateQueries({ queryKey: usersQuery.queryKey });
  const able = async (user: User) => {
    setProblem(null);
    const params = { params: { path: { name: user.name } } };
    try {
      await ask(() =>
        user.disabled ? api.POST('/api/users/{name}/enable', params) : api.POST('/api/users/{name}/disable', params),
      );
      await reload();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    }
  };
  const close = () => setDialog(null);
  const done = () => {
    close();
    void reload();
  };

  return (
    <>
      <div className="page-head">
        <h1>{t('users.title')}</h1>
        <Button type="primary" onClick={() => setDialog({ kind: 'add' })}>
          {t('users.add')}
        </Button>
      </div>
      {error !== null && <ProblemNote problem={asProblem(error)} again={() => void refetch()} />}
      {problem !== null && <ProblemNote problem={problem} />}
      <table className="plain users">
        <thead>
          <tr>
            <th scope="col">{t('users.name')}</th>
            <th scope="col">{t('users.roles')}</th>
            <th scope="col">{t('users.state')}</th>
            <th scope="col">{t('users.lastSignIn')}</th>
            <th scope="col">{t('users.acts')}</th>
          </tr>
        </thead>
        <tbody>
          {data?.map((user) => (
            <tr key={user.name} className={user.disabled ? 'user-disabled' : undefined}>
              <th scope="row">
                {user.display}
                <br />
                <span className="quiet">{user.name}</span>
              </th>
              <td>
                <RoleList roles={user.roles} />
              </td>
              <td>
                <State user={user} />
              </td>
              <td>{user.last_sign_in === null ? t('users.never') : <Moment at={user.last_sign_in} />}</td>
              <td>
                {user.name === me.name ? (
                  // The API refuses it: somebody else does it, so that nobody shuts himself out or gives himself rights.
                  <span className="quiet">{t('users.yourself')}</span>
                ) : (
                  <div className="user-acts">
                    <Button size="small" onClick={() => setDialog({ kind: 'roles', user })}>
                      {t('users.editRoles')}
                    </Button>
                    <Button size="small" onClick={() => setDialog({ kind: 'password', user })}>
                      {t('users.newPassword')}
                    </Button>
                    <Button size="small" danger={!user.disabled} onClick={() => void able(user)}>
                      {t(user.disabled ? 'users.enable' : 'users.disable')}
                    </Button>
                  </div>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <AddUser open={dialog?.kind === 'add'} close={close} done={() => void reload()} />
      <EditRoles user={dialog?.kind === 'roles' ? dialog.user : null} close={close} done={done} />
      <OncePassword user={dialog?.kind === 'password' ? dialog.user : null} close={close} done={() => void reload()} />
    </>
  );
}

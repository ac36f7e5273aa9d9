// Gives a user a new password for one use, after a question: the old one ends at once.

import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import type { User } from '../api/types';
import { Dialog } from '../parts/dialog';
import { ProblemNote } from '../parts/problem-note';
import { makePassword } from './make-password';
import { ToldOnce } from './told-once';

interface Props {
  readonly user: User;
  readonly close: () => void;
  readonly done: () => void;
}

function Body({ user, close, done }: Props) {
  const { t } = useTranslation();
  const [password] = useState(makePassword);
  const [given, setGiven] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const give = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await ask(() =>
        api.POST('/api/users/{name}/password', {
          params: { path: { name: user.name } },
          body: { password_once: password },
        }),
      );
      setGiven(true);
      done();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  if (given) return <ToldOnce name={user.display} password={password} close={close} />;
  return (
    <>
      {problem !== null && <ProblemNote problem={problem} />}
      <p>{t('once.question', { name: user.display })}</p>
      <div className="buttons">
        <Button type="primary" loading={busy} onClick={() => void give()}>
          {t('once.do')}
        </Button>
        <Button onClick={close}>{t('action.cancel')}</Button>
      </div>
    </>
  );
}

export function OncePassword({ user, ...rest }: Omit<Props, 'user'> & { user: User | null }) {
  const { t } = useTranslation();
  return (
    <Dialog open={user !== null} title={t('users.newPassword')} close={rest.close}>
      {user !== null && <Body user={user} {...rest} />}
    </Dialog>
  );
}

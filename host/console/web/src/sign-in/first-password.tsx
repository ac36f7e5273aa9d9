// After the first sign-in: a password that the administrator does not know. Nothing else is offered before.

import { useTranslation } from 'react-i18next';
import { queries, meQuery } from '../api/queries';
import type { Me } from '../api/types';
import { Entrance } from './entrance';
import { PasswordForm } from './password-form';

export function FirstPassword({ me }: { me: Me }) {
  const { t } = useTranslation();
  return (
    <Entrance title={t('firstPassword.title')}>
      <p>{t('firstPassword.text', { name: me.display })}</p>
      <PasswordForm
        oldLabel={t('password.once')}
        totp={me.totp}
        changed={() => void queries.invalidateQueries({ queryKey: meQuery.queryKey })}
      />
    </Entrance>
  );
}

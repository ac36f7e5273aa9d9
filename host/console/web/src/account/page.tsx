// What is mine: my password, my second factor, my sessions, my roles, and my keys.

import { Checkbox } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { meQuery, queries } from '../api/queries';
import type { Me } from '../api/types';
import { prefer, usePreferences } from '../preferences';
import { PasswordForm } from '../sign-in/password-form';
import { RoleList } from '../users/role-list';
import { SecondFactor } from './second-factor';
import { Sessions } from './sessions';

export function AccountPage({ me }: { me: Me }) {
  const { t } = useTranslation();
  const { keys } = usePreferences();
  const [changed, setChanged] = useState(false);
  return (
    <div className="narrow">
      <h1>{t('account.title')}</h1>
      <section>
        <h2>{t('account.roles')}</h2>
        <p>
          {me.display} <span className="quiet">({me.name})</span>
        </p>
        <RoleList roles={me.roles} />
      </section>
      <section>
        <h2>{t('account.password')}</h2>
        <PasswordForm
          oldLabel={t('password.old')}
          totp={me.totp}
          changed={() => {
            setChanged(true);
            void queries.invalidateQueries({ queryKey: meQuery.queryKey });
          }}
        />
        <p role="status">{changed ? t('account.passwordChanged') : ''}</p>
      </section>
      <section>
        <h2>{t('account.secondFactor')}</h2>
        <SecondFactor me={me} />
      </section>
      <section>
        <h2>{t('account.sessions')}</h2>
        <Sessions />
      </section>
      <section>
        <h2>{t('account.keys')}</h2>
        <Checkbox checked={keys} onChange={(event) => prefer({ keys: event.target.checked })}>
          {t('account.keysOn')}
        </Checkbox>
      </section>
    </div>
  );
}

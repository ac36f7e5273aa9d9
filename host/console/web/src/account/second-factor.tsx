// Sets up a second factor in three steps (password, secret, first code), or takes it away.

import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { meQuery, queries } from '../api/queries';
import type { Me } from '../api/types';
import { ProblemNote } from '../parts/problem-note';
import { CodeField, codeOf, PasswordField } from '../parts/secret-fields';
import { useSending } from '../parts/use-sending';
import { Qr } from './qr';

/** In groups of four, as people copy it. */
const grouped = (secret: string) => secret.replace(/(.{4})(?=.)/g, '$1 ');

export function SecondFactor({ me }: { me: Me }) {
  const { t } = useTranslation();
  const [offer, setOffer] = useState<{ secret: string; uri: string } | null>(null);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const { busy, problem, send } = useSending();

  const settled = async () => {
    setOffer(null);
    setPassword('');
    setCode('');
    await queries.invalidateQueries({ queryKey: meQuery.queryKey });
  };
  const begin = send(async () => setOffer(await ask(() => api.POST('/api/me/totp', { body: { password } }))));
  const confirm = send(async () => {
    await ask(() => api.POST('/api/me/totp/confirm', { body: { code: codeOf(code) } }));
    await settled();
  });
  const remove = send(async () => {
    await ask(() => api.POST('/api/me/totp/remove', { body: { password, code: codeOf(code) } }));
    await settled();
  });

  const passwordField = <PasswordField value={password} change={setPassword} />;
  const codeField = <CodeField value={code} change={setCode} />;
  const note = problem !== null && <ProblemNote problem={problem} />;

  if (me.totp) {
    return (
      <form onSubmit={remove}>
        <p>{t('totp.on')}</p>
        {note}
        {passwordField}
        {codeField}
        <Button danger htmlType="submit" loading={busy}>
          {t('totp.remove')}
        </Button>
      </form>
    );
  }
  if (offer === null) {
    return (
      <form onSubmit={begin}>
        <p>{t('totp.off')}</p>
        {note}
        {passwordField}
        <Button htmlType="submit" loading={busy}>
          {t('totp.begin')}
        </Button>
      </form>
    );
  }
  return (
    <form onSubmit={confirm}>
      <p>{t('totp.scan')}</p>
      <Qr text={offer.uri} label={t('totp.qr')} />
      <p>
        {t('totp.secret')} <code className="secret">{grouped(offer.secret)}</code>
      </p>
      {note}
      {codeField}
      <div className="buttons">
        <Button type="primary" htmlType="submit" loading={busy}>
          {t('totp.confirm')}
        </Button>
        <Button onClick={() => setOffer(null)}>{t('action.cancel')}</Button>
      </div>
    </form>
  );
}

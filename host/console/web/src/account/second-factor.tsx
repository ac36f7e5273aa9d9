// Sets up a second factor in three steps (password, secret, first code), or takes it away.

import { Button, Input } from 'antd';
import { useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import { meQuery, queries } from '../api/queries';
import type { Me } from '../api/types';
import { Field } from '../parts/field';
import { ProblemNote } from '../parts/problem-note';
import { Qr } from './qr';

/** In groups of four, as people copy it. */
const grouped = (secret: string) => secret.replace(/(.{4})(?=.)/g, '$1 ');

export function SecondFactor({ me }: { me: Me }) {
  const { t } = useTranslation();
  const [offer, setOffer] = useState<{ secret: string; uri: string } | null>(null);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  const step = (work: () => Promise<void>) => async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  const settled = async () => {
    setOffer(null);
    setPassword('');
    setCode('');
    await queries.invalidateQueries({ queryKey: meQuery.queryKey });
  };
  const begin = step(async () => setOffer(await ask(() => api.POST('/api/me/totp', { body: { password } }))));
  const confirm = step(async () => {
    await ask(() => api.POST('/api/me/totp/confirm', { body: { code: code.trim() } }));
    await settled();
  });
  const remove = step(async () => {
    await ask(() => api.POST('/api/me/totp/remove', { body: { password, code: code.trim() } }));
    await settled();
  });

  const passwordField = (
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
  );
  const codeField = (
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
  );
  const note = problem !== null && <ProblemNote problem={problem} />;

  if (me.totp) {
    return (
      <form onSubmit={(event) => void remove(event)}>
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
      <form onSubmit={(event) => void begin(event)}>
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
    <form onSubmit={(event) => void confirm(event)}>
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

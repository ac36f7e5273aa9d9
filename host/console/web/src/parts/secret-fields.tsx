// The two fields by which somebody proves who they are: a password, and the code of a second factor.

import { Input, type InputRef } from 'antd';
import type { Ref } from 'react';
import { useTranslation } from 'react-i18next';
import { Field } from './field';

/** The code as it is sent: people copy it with spaces around it, and apps show it in groups. */
export const codeOf = (typed: string) => typed.replace(/\s+/g, '');

interface PasswordProps {
  /** Default: "Password". */
  readonly label?: string;
  readonly hint?: string;
  readonly value: string;
  readonly change: (value: string) => void;
  /** Which one a keeper of passwords offers: the one in use, or a new one. */
  readonly kind?: 'current' | 'new';
}

export function PasswordField({ label, hint, value, change, kind = 'current' }: PasswordProps) {
  const { t } = useTranslation();
  return (
    <Field label={label ?? t('field.password')} hint={hint}>
      {(ids) => (
        <Input
          {...ids}
          type="password"
          autoComplete={`${kind}-password`}
          required
          value={value}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </Field>
  );
}

interface CodeProps {
  readonly value: string;
  readonly change: (value: string) => void;
  readonly ref?: Ref<InputRef>;
}

export function CodeField({ value, change, ref }: CodeProps) {
  const { t } = useTranslation();
  return (
    <Field label={t('field.code')} hint={t('field.codeHint')}>
      {(ids) => (
        <Input
          {...ids}
          {...(ref === undefined ? {} : { ref })}
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          value={value}
          onChange={(event) => change(event.target.value)}
        />
      )}
    </Field>
  );
}

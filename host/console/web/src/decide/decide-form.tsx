// A decision with its reason and a comment, for one alert or for many.

import { Input } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Decision } from '../api/types';
import { DECISIONS } from '../logic/keys';
import { COMMENT_LENGTH_MAX, REASONS } from '../logic/reasons';
import { Choice as Pick } from '../parts/choice';
import { Field } from '../parts/field';
import type { Choice } from './acts';

interface Props {
  readonly value: Choice;
  readonly change: (value: Choice) => void;
}

export function DecideForm({ value, change }: Props) {
  const { t } = useTranslation();
  const choose = (decision: Decision) => change({ ...value, decision, reason: null });
  return (
    <>
      <fieldset className="radios">
        <legend>{t('decide.which')}</legend>
        {DECISIONS.map((decision) => (
          <label key={decision}>
            <input
              type="radio"
              name="decision"
              checked={value.decision === decision}
              onChange={() => choose(decision)}
            />
            <span>
              {t(`decision.${decision}`)}
              <span className="hint">{t(`decision.${decision}.means`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <Field label={t('decide.reason')}>
        {(ids) => (
          <Pick
            {...ids}
            value={value.reason ?? ''}
            options={[
              { value: '', label: t('decide.noReason') },
              ...REASONS[value.decision].map((reason) => ({ value: reason, label: t(`reason.${reason}`) })),
            ]}
            onChoose={(reason) => change({ ...value, reason: reason === '' ? null : reason })}
          />
        )}
      </Field>
      <Field label={t('decide.comment')}>
        {(ids) => (
          <Input.TextArea
            {...ids}
            rows={3}
            maxLength={COMMENT_LENGTH_MAX}
            value={value.comment ?? ''}
            onChange={(event) => change({ ...value, comment: event.target.value === '' ? null : event.target.value })}
          />
        )}
      </Field>
    </>
  );
}

// Sets filters: every chip has a field, with what the rows at hand have offered beside it.

import { Button, Input } from 'antd';
import { useId, useState, type SubmitEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { AlertRow } from '../api/types';
import { CHIPS, type Chip, type Filters, searchOf, SEVERITIES, withChip } from '../logic/filters';
import { Choice } from '../parts/choice';
import { Dialog } from '../parts/dialog';
import { Field } from '../parts/field';
import { go } from '../route';

interface Props {
  readonly filters: Filters;
  readonly rows: readonly AlertRow[];
  readonly tenants: readonly string[];
  readonly departments: readonly string[];
  readonly open: boolean;
  readonly close: () => void;
}

const distinct = (values: readonly string[]) => [...new Set(values)].sort();

function Fields({ filters, rows, tenants, departments, close }: Props) {
  const { t } = useTranslation();
  const listId = useId();
  const [draft, setDraft] = useState<Readonly<Partial<Record<Chip, string>>>>(filters.chips);
  const offers: Partial<Record<Chip, readonly string[]>> = {
    tenant: distinct([...tenants, ...rows.map((row) => row.tenant)]),
    pack: distinct(rows.map((row) => row.pack)),
    rule: distinct(rows.map((row) => row.rule)),
    conversation: distinct(rows.map((row) => row.conversation)),
    department: distinct(departments),
  };
  const apply = (event: SubmitEvent) => {
    event.preventDefault();
    close();
    go(`/alerts${searchOf(CHIPS.reduce((so, chip) => withChip(so, chip, draft[chip]), filters))}`);
  };
  const set = (chip: Chip, value: string) => setDraft((before) => ({ ...before, [chip]: value }));

  return (
    <form onSubmit={apply}>
      <div className="filter-fields">
        {CHIPS.map((chip) => (
          <Field key={chip} label={t(`filter.${chip}`)}>
            {(ids) =>
              chip === 'severity' ? (
                <Choice
                  {...ids}
                  value={draft.severity ?? ''}
                  options={[
                    { value: '', label: t('filter.any') },
                    ...SEVERITIES.map((grade) => ({ value: grade, label: t(`severity.${grade}`) })),
                  ]}
                  onChoose={(value) => set('severity', value)}
                />
              ) : (
                <>
                  <Input
                    {...ids}
                    type={chip === 'from' || chip === 'to' ? 'date' : 'text'}
                    value={draft[chip] ?? ''}
                    maxLength={200}
                    list={offers[chip] === undefined ? undefined : `${listId}-${chip}`}
                    onChange={(event) => set(chip, event.target.value)}
                  />
                  {offers[chip] !== undefined && (
                    <datalist id={`${listId}-${chip}`}>
                      {offers[chip].map((value) => (
                        <option key={value} value={value} />
                      ))}
                    </datalist>
                  )}
                </>
              )
            }
          </Field>
        ))}
      </div>
      <div className="buttons">
        <Button type="primary" htmlType="submit">
          {t('filter.apply')}
        </Button>
        <Button onClick={close}>{t('action.cancel')}</Button>
      </div>
    </form>
  );
}

export function FilterDialog(props: Props) {
  const { t } = useTranslation();
  return (
    <Dialog open={props.open} title={t('filter.title')} close={props.close}>
      <Fields {...props} />
    </Dialog>
  );
}

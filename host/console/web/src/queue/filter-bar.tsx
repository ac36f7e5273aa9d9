// The filters in force as chips that can be taken away, the way to set others, and the order.

import { Button, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/format';
import { CHIPS, type Chip, type Filters, searchOf, SORTS, withChip } from '../logic/filters';
import { Choice } from '../parts/choice';
import { go } from '../route';

const show = (filters: Filters) => go(`/alerts${searchOf(filters)}`);

function useChipWords(): (chip: Chip, value: string) => string {
  const { t } = useTranslation();
  const formats = useFormats();
  return (chip, value) => {
    if (chip === 'severity') return t(`severity.${value as 'low'}`);
    return chip === 'from' || chip === 'to' ? formats.plainDay(value) : value;
  };
}

export function FilterBar({ filters, openDialog }: { filters: Filters; openDialog: () => void }) {
  const { t } = useTranslation();
  const words = useChipWords();
  const set = CHIPS.flatMap((chip) => {
    const value = filters.chips[chip];
    return value === undefined ? [] : [{ chip, value }];
  });
  return (
    <div className="filter-bar">
      <Button onClick={openDialog}>{t('filter.open')}</Button>
      {set.map(({ chip, value }) => (
        <Tag key={chip} className="chip">
          <span className="quiet">{t(`filter.${chip}`)}</span> <bdi>{words(chip, value)}</bdi>
          <button
            type="button"
            aria-label={t('filter.remove', { name: t(`filter.${chip}`), value: words(chip, value) })}
            onClick={() => show(withChip(filters, chip, undefined))}
          >
            ×
          </button>
        </Tag>
      ))}
      {set.length > 1 && (
        <Button type="link" onClick={() => show({ ...filters, chips: {} })}>
          {t('filter.removeAll')}
        </Button>
      )}
      <label className="sort">
        {t('queue.sort')}
        <Choice
          value={filters.sort}
          options={SORTS.map((sort) => ({ value: sort, label: t(`sort.${sort}`) }))}
          onChoose={(sort) => show({ ...filters, sort })}
        />
      </label>
    </div>
  );
}

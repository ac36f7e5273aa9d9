// What is selected, exactly how many, and what can be done with all of them at once.

import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { countOf, type Selection } from './bulk';

interface Props {
  readonly selection: Selection;
  /** How many the filter finds, if that is more than what is selected now and may be taken. */
  readonly all: number | null;
  readonly selectAll: () => void;
  readonly clear: () => void;
  readonly begin: (act: 'decide' | 'assign') => void;
}

export function BulkBar({ selection, all, selectAll, clear, begin }: Props) {
  const { t } = useTranslation();
  const count = countOf(selection);
  if (count === 0) return null;
  return (
    <section className="bulk-bar" aria-label={t('bulk.selected', { count })}>
      <span>{selection.kind === 'filter' ? t('bulk.allSelected', { count }) : t('bulk.selected', { count })}</span>
      {all !== null && (
        <Button type="link" onClick={selectAll}>
          {t('bulk.selectAll', { count: all })}
        </Button>
      )}
      <Button onClick={() => begin('decide')}>{t('bulk.decide')}</Button>
      <Button onClick={() => begin('assign')}>{t('bulk.assign')}</Button>
      <Button type="text" onClick={clear}>
        {t('bulk.clear')}
      </Button>
    </section>
  );
}

// What stands where no alert is: why, and what to do now.

import { useTranslation } from 'react-i18next';
import type { Filters } from '../logic/filters';
import { searchOf } from '../logic/filters';
import { Link } from '../parts/link';

export function EmptyQueue({ filters }: { filters: Filters }) {
  const { t } = useTranslation();
  const filtered = Object.keys(filters.chips).length > 0;
  return (
    <div className="empty">
      <p className="empty-title">{t(filtered ? 'empty.filtered' : `empty.${filters.view}`)}</p>
      {filtered ? (
        <Link to={`/alerts${searchOf({ ...filters, chips: {} })}`}>{t('filter.removeAll')}</Link>
      ) : (
        filters.view !== 'open' && <Link to="/alerts">{t('empty.toOpen')}</Link>
      )}
    </div>
  );
}

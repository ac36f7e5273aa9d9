// The views of the queue with their counts. Each is an address.

import { useTranslation } from 'react-i18next';
import type { Counts } from '../api/types';
import { useFormats } from '../i18n/format';
import { type Filters, searchOf, VIEWS } from '../logic/filters';
import { Link } from '../parts/link';

export function Tabs({ filters, counts }: { filters: Filters; counts: Counts | undefined }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <nav className="tabs" aria-label={t('queue.views')}>
      {VIEWS.map((view) => (
        <Link
          key={view}
          to={`/alerts${searchOf({ ...filters, view })}`}
          aria-current={view === filters.view ? 'page' : undefined}
        >
          {t(`view.${view}`)}
          {view !== 'closed' && counts !== undefined && <span className="count">{formats.number(counts[view])}</span>}
        </Link>
      ))}
    </nav>
  );
}

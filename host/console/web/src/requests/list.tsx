// The requests of a view, one a row: the act, why, who asked and when, until when, and how it stands.

import { useTranslation } from 'react-i18next';
import type { Asked } from '../api/types';
import { whoOf } from '../logic/who';
import { Link } from '../parts/link';
import { Moment } from '../parts/moment';
import { About, Standing } from './words';

interface Props {
  readonly rows: readonly Asked[];
  readonly addressOf: (number: number) => string;
  readonly marked: number | null;
  readonly opened: number | null;
}

export function RequestRows({ rows, addressOf, marked, opened }: Props) {
  const { t } = useTranslation();
  return (
    <ul className="requests" aria-label={t('requests.title')}>
      {rows.map((asked) => (
        <li key={asked.number} className={asked.number === (marked ?? opened) ? 'row row-marked' : 'row'}>
          <Link
            to={addressOf(asked.number)}
            className="request-link"
            data-request={asked.number}
            aria-current={asked.number === opened ? 'true' : undefined}
          >
            <span className="row-number quiet">#{asked.number}</span>
            <span>
              <strong>{t(`requestAct.${asked.act}`)}</strong>
              <span className="quiet">
                <About asked={asked} /> · {asked.tenant}
              </span>
            </span>
            <span className="request-reason">
              <bdi>{asked.reason}</bdi>
            </span>
            <span>
              {whoOf(asked.asked_by)}
              <span className="quiet">
                <Moment at={asked.asked_at} />
              </span>
            </span>
            <span>
              {t('requests.until')}
              <span className="quiet">
                <Moment at={asked.ends_at} />
              </span>
            </span>
            <span>
              <Standing asked={asked} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

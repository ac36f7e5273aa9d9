// One alert in the list: how grave, by which rule, who and where, and until when. The message itself is not here: to read it is an act.

import { Checkbox } from 'antd';
import { useTranslation } from 'react-i18next';
import type { AlertRow } from '../api/types';
import { whoOf } from '../logic/who';
import { Due } from '../parts/due';
import { Link } from '../parts/link';
import { Moment } from '../parts/moment';
import { RuleName } from '../parts/rule';
import { Severity } from '../parts/severity';

interface Props {
  readonly row: AlertRow;
  readonly to: string;
  readonly marked: boolean;
  readonly selected: boolean;
  readonly selectable: boolean;
  readonly select: () => void;
}

function State({ row }: { row: AlertRow }) {
  const { t } = useTranslation();
  if (row.state === 'closed') {
    return (
      <span>
        {row.decision !== null && t(`decision.${row.decision}`)}
        {row.decided_by !== null && <span className="quiet"> · {whoOf(row.decided_by)}</span>}
      </span>
    );
  }
  return <Due at={row.due_at} />;
}

export function Row({ row, to, marked, selected, selectable, select }: Props) {
  const { t } = useTranslation();
  return (
    <div className={marked ? 'row row-marked' : 'row'}>
      <span className="row-box">
        {selectable && (
          <Checkbox checked={selected} onChange={select} aria-label={t('queue.select', { number: row.number })} />
        )}
      </span>
      <Link to={to} className="row-link" aria-current={marked ? 'true' : undefined}>
        <span className="row-severity">
          <Severity of={row.severity} />
        </span>
        <span className="row-rule">
          <RuleName of={row} />
          {row.escalated && <span className="flag">{t('queue.escalated')}</span>}
        </span>
        <span className="row-who">
          <bdi>{row.from === '' ? t('queue.gone') : row.from}</bdi>
          <span className="quiet">
            <bdi>{row.conversation}</bdi> · {row.tenant} · {row.channel}
          </span>
        </span>
        <span className="row-sent quiet">
          <Moment at={row.sent_at} />
        </span>
        <span className="row-due">
          <State row={row} />
          <span className="quiet">{row.state === 'open' && (row.assignee ?? t('queue.nobody'))}</span>
        </span>
        <span className="row-number quiet">#{row.number}</span>
      </Link>
    </div>
  );
}

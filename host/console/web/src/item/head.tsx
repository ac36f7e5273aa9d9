// The head of an alert: how grave, which rule, until when, whose, and where in the list one is.

import type { RefObject } from 'react';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { AlertRow } from '../api/types';
import { useFormats } from '../i18n/format';
import { Due } from '../parts/due';
import { Link } from '../parts/link';
import { RuleName } from '../parts/rule';
import { Severity } from '../parts/severity';
import { usePreferences } from '../preferences';

interface Props {
  readonly number: number;
  readonly row: AlertRow | undefined;
  readonly place: number | null;
  readonly of: number | undefined;
  readonly back: string;
  readonly previous: number | null;
  readonly next: number | null;
  readonly addressOf: (number: number) => string;
  readonly heading: RefObject<HTMLHeadingElement | null>;
  readonly showKeys: () => void;
}

export function ItemHead({ number, row, place, of, back, previous, next, addressOf, heading, showKeys }: Props) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { keys } = usePreferences();
  return (
    <header className="item-head">
      <div className="item-ways">
        <Link to={back}>{t('item.back')}</Link>
        {place !== null && of !== undefined && (
          <span className="quiet">{t('item.place', { place: formats.number(place), of: formats.number(of) })}</span>
        )}
        {previous !== null && (
          <Link to={addressOf(previous)}>
            {t('item.previous')} {keys && <kbd>k</kbd>}
          </Link>
        )}
        {next !== null && (
          <Link to={addressOf(next)}>
            {t('item.next')} {keys && <kbd>j</kbd>}
          </Link>
        )}
        {keys && (
          <Button type="text" size="small" className="keys-button" onClick={showKeys}>
            {t('keys.title')} <kbd>?</kbd>
          </Button>
        )}
      </div>
      <h1 ref={heading} tabIndex={-1}>
        {t('item.title', { number })}
      </h1>
      {row !== undefined && (
        <div className="item-line">
          <Severity of={row.severity} />
          <RuleName of={row} />
          {row.escalated && <span className="flag">{t('queue.escalated')}</span>}
          {row.state === 'open' ? <Due at={row.due_at} /> : <span className="flag">{t('item.closed')}</span>}
          <span className="quiet">
            {row.state === 'open' &&
              (row.assignee === null ? t('queue.nobody') : t('item.assignedTo', { name: row.assignee }))}
          </span>
        </div>
      )}
    </header>
  );
}

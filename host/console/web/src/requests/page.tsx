// Requests of two persons: what somebody asked for, and what the reader approves, refuses or runs.

import { useInfiniteQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem';
import { requestsQuery } from '../api/queries';
import type { Asked, AskedView, Me } from '../api/types';
import type { Act } from '../logic/keys';
import { ASKED_VIEWS, requestsAddress, requestsPlaceOf } from '../logic/requests';
import { Link } from '../parts/link';
import { ProblemNote } from '../parts/problem-note';
import { usePreferences } from '../preferences';
import { go, usePlace } from '../route';
import { KeysHelp } from '../shell/keys-help';
import { useKeys } from '../shell/use-keys';
import { RequestRows } from './list';
import { RequestPanel, type Way } from './panel';
import { WayDialog } from './way-dialog';

export function RequestsPage({ me }: { me: Me }) {
  const { view, number } = requestsPlaceOf(usePlace().search);
  return <Requests key={view} me={me} view={view} number={number} />;
}

function Views({ view }: { view: AskedView }) {
  const { t } = useTranslation();
  return (
    <nav className="tabs" aria-label={t('queue.views')}>
      {ASKED_VIEWS.map((one) => (
        <Link
          key={one}
          to={requestsAddress({ view: one, number: null })}
          aria-current={one === view ? 'page' : undefined}
        >
          {t(`requestView.${one}`)}
        </Link>
      ))}
    </nav>
  );
}

function Requests({ me, view, number }: { me: Me; view: AskedView; number: number | null }) {
  const { t } = useTranslation();
  const { keys } = usePreferences();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    requestsQuery(view),
  );
  const [marked, setMarked] = useState<number | null>(null);
  const [help, setHelp] = useState(false);
  // The request as it was looked at: its digest is the one that is sent.
  const [dialog, setDialog] = useState<{ readonly asked: Asked; readonly way: Way } | null>(null);

  const rows = data?.pages.flatMap((page) => page.requests) ?? [];
  const opened = rows.find((one) => one.number === number);
  const addressOf = (one: number | null) => requestsAddress({ view, number: one });
  const open = (one: number | null) => go(addressOf(one));
  useKeys((act: Act) => {
    switch (act.kind) {
      case 'next':
      case 'previous': {
        const from = marked ?? number;
        const at = from === null ? -1 : rows.findIndex((one) => one.number === from);
        const next = at < 0 ? rows[0] : rows[at + (act.kind === 'next' ? 1 : -1)];
        if (next !== undefined) setMarked(next.number);
        return true;
      }
      case 'open':
        if (marked === null) return false;
        open(marked);
        return true;
      case 'help':
        setHelp(true);
        return true;
      default:
        return false;
    }
  });

  return (
    <>
      <div className="page-head">
        <h1>{t('requests.title')}</h1>
        {keys && (
          <Button type="text" size="small" onClick={() => setHelp(true)}>
            {t('keys.title')} <kbd>?</kbd>
          </Button>
        )}
      </div>
      <Views view={view} />
      {error !== null && <ProblemNote problem={asProblem(error)} again={() => void refetch()} />}
      {data !== undefined && rows.length === 0 && !hasNextPage && (
        <div className="empty">
          <p className="empty-title">{t(`requestEmpty.${view}`)}</p>
          <p>{t('requests.askFor')}</p>
          <p>
            <code>proviso request</code>
          </p>
        </div>
      )}
      <div className={opened === undefined ? undefined : 'request-columns'}>
        <div>
          {rows.length > 0 && (
            <RequestRows rows={rows} addressOf={addressOf} marked={marked} opened={opened?.number ?? null} />
          )}
          {hasNextPage && (
            <div className="buttons">
              <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                {t('requests.more')}
              </Button>
            </div>
          )}
        </div>
        {opened !== undefined && (
          <RequestPanel
            key={opened.number}
            asked={opened}
            me={me.name}
            begin={(way) => setDialog({ asked: opened, way })}
            close={() => open(null)}
          />
        )}
      </div>
      {data !== undefined && number !== null && opened === undefined && (
        <p className="hint">{t('requests.notInView', { number })}</p>
      )}
      <KeysHelp open={help} close={() => setHelp(false)} on="requests" />
      <WayDialog asked={dialog?.asked ?? null} way={dialog?.way ?? null} close={() => setDialog(null)} />
    </>
  );
}

// One alert: the message with what was found in it, what stands around it, and the decision.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem';
import { alertQuery, listQuery, queries } from '../api/queries';
import type { AlertRow, Me } from '../api/types';
import { assign, type Choice, decide, undoNewest } from '../decide/acts';
import { DecideDialog } from '../decide/decide-dialog';
import { doneHere } from '../decide/run';
import { filtersOf, searchOf } from '../logic/filters';
import type { Act } from '../logic/keys';
import { neighbour, nextToDo, placeIn } from '../logic/next';
import { may } from '../logic/rights';
import { ProblemNote } from '../parts/problem-note';
import { go, usePlace } from '../route';
import { KeysHelp } from '../shell/keys-help';
import { NotHere } from '../shell/not-here';
import { useKeys } from '../shell/use-keys';
import { DecidePanel } from './decide-panel';
import { Facts } from './facts';
import { ItemHead } from './head';
import { History } from './history';
import { Thread } from './thread';

type Dialog = 'help' | 'reason';

/** When this many rows are left in the list at hand, more are asked for. */
const ROWS_LEFT = 10;

/** The list that the reader goes through, in the order in which it was first seen. */
function useRun(search: string, number: number) {
  const filters = useMemo(() => filtersOf(search), [search]);
  const list = useInfiniteQuery({
    ...listQuery(filters),
    refetchOnMount: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.alerts) ?? [], [list.data]);
  const place = placeIn(rows, number);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const nearEnd = place !== null && place > rows.length - ROWS_LEFT && hasNextPage && !isFetchingNextPage;
  useEffect(() => {
    if (nearEnd) void fetchNextPage();
  }, [nearEnd, fetchNextPage]);
  const { view } = filters;
  const counted = view === 'closed' ? undefined : list.data?.pages[0]?.counts[view];
  return { rows, place, of: hasNextPage ? counted : rows.length };
}

export function ItemPage({ number, me }: { number: number; me: Me }) {
  const { t } = useTranslation();
  const { search: asked } = usePlace();
  const search = searchOf(filtersOf(asked));
  const { rows, place, of } = useRun(search, number);
  const { data, error, refetch } = useQuery({
    ...alertQuery(number),
  });
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const comment = useRef<HTMLTextAreaElement>(null);

  // The row of the list is newer than the item after a decision or an assignment here; the item knows more otherwise.
  const inList = rows.find((one) => one.number === number);
  const row: AlertRow | undefined =
    inList !== undefined && (data === undefined || inList.version >= data.alert.version) ? inList : data?.alert;

  const next = nextToDo(rows, number, doneHere);
  useEffect(() => {
    if (data !== undefined && next !== null) queries.query(alertQuery(next)).catch(() => undefined);
  }, [data, next]);

  const back = `/alerts${search}`;
  const addressOf = (one: number) => `/alerts/${one}${search}`;
  const decideThis = (choice: Choice) => {
    if (data === undefined || row?.state !== 'open' || !may(me, 'decide')) return;
    decide(row, choice, me.name, addressOf(number));
    // One that was opened by its address alone has no list to go on in.
    go(next === null ? back : addressOf(next));
  };
  const step = (by: 1 | -1) => {
    const to = neighbour(rows, number, by);
    if (to !== null) go(addressOf(to));
  };
  useKeys((act: Act) => {
    switch (act.kind) {
      case 'decide':
        decideThis({ decision: act.decision, reason: null, comment: null });
        return true;
      case 'next':
      case 'previous':
        step(act.kind === 'next' ? 1 : -1);
        return true;
      case 'undo':
        void undoNewest();
        return true;
      case 'assign':
        if (row === undefined || !may(me, 'assign')) return false;
        void assign(row, me.name);
        return true;
      case 'comment':
        comment.current?.focus();
        return true;
      case 'help':
        setDialog('help');
        return true;
      case 'filter':
        go(`${back}${back.includes('?') ? '&' : '?'}filter=1`);
        return true;
      default:
        return false;
    }
  });

  // The new item begins at its top, and readers of screens are told that it is another.
  const heading = useRef<HTMLHeadingElement>(null);
  const begin = useEffectEvent(() => {
    window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  });
  useEffect(() => begin(), []);

  if (error !== null) {
    const problem = asProblem(error);
    if (problem.status === 404) return <NotHere why="no-such-alert" />;
    return <ProblemNote problem={problem} again={() => void refetch()} />;
  }
  return (
    <article className="item" data-alert={data === undefined ? undefined : number}>
      <ItemHead
        number={number}
        row={row}
        place={place}
        of={of}
        back={back}
        previous={neighbour(rows, number, -1)}
        next={neighbour(rows, number, 1)}
        addressOf={addressOf}
        heading={heading}
        showKeys={() => setDialog('help')}
      />
      {data === undefined || row === undefined ? (
        <p role="status">{t('item.loading')}</p>
      ) : (
        <div className="item-columns">
          <div className="item-main">
            <Thread item={data} />
            <History item={data} me={me} row={row} commentRef={comment} />
          </div>
          <aside className="item-side" aria-label={t('item.side')}>
            <DecidePanel me={me} row={row} decide={decideThis} withReason={() => setDialog('reason')} />
            <Facts item={data} row={row} />
          </aside>
        </div>
      )}
      <KeysHelp open={dialog === 'help'} close={() => setDialog(null)} on="item" />
      <DecideDialog open={dialog === 'reason'} close={() => setDialog(null)} decide={decideThis} />
    </article>
  );
}

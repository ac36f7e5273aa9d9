// The queue: which alerts wait, in which order, and what can be done with many of them.

import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, Checkbox } from 'antd';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem';
import { listQuery, LOOK_AGAIN_MS } from '../api/queries';
import type { Me } from '../api/types';
import { assign, undoNewest } from '../decide/acts';
import { beginRun } from '../decide/run';
import { filtersOf, searchOf } from '../logic/filters';
import type { Act } from '../logic/keys';
import { may } from '../logic/rights';
import { ProblemNote } from '../parts/problem-note';
import { usePreferences } from '../preferences';
import { go, usePlace } from '../route';
import { KeysHelp } from '../shell/keys-help';
import { useKeys } from '../shell/use-keys';
import { useAttended } from './attended';
import { countOf, isSelected, NOTHING, type Selection, toggled } from './bulk';
import { BulkBar } from './bulk-bar';
import { BulkDialog } from './bulk-dialog';
import { EmptyQueue } from './empty';
import { FilterBar } from './filter-bar';
import { FilterDialog } from './filter-dialog';
import { List } from './list';
import { Tabs } from './tabs';

type Dialog = 'filter' | 'help' | 'decide' | 'assign';

export function QueuePage({ me }: { me: Me }) {
  const { search } = usePlace();
  // A selection belongs to one filter: with another, the page begins anew.
  const address = searchOf(filtersOf(search));
  const filterFirst = new URLSearchParams(search).has('filter');
  return <Queue key={address} me={me} search={address} first={filterFirst ? 'filter' : null} />;
}

function Queue({ me, search, first }: { me: Me; search: string; first: Dialog | null }) {
  const { t } = useTranslation();
  const { keys } = usePreferences();
  const filters = useMemo(() => filtersOf(search), [search]);
  const attended = useAttended();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    ...listQuery(filters),
    refetchInterval: attended && LOOK_AGAIN_MS,
  });
  const rows = useMemo(() => data?.pages.flatMap((page) => page.alerts) ?? [], [data]);
  const counts = data?.pages[0]?.counts;
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [marked, setMarked] = useState<number | null>(null);
  const [dialog, setDialog] = useState<Dialog | null>(first);
  useEffect(beginRun, []);

  const wantsMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  const { view } = filters;
  const bulk = may(me, 'bulk') && view !== 'closed';
  const total = view === 'closed' || counts === undefined ? null : counts[view];
  const seen = rows.map((row) => row.number);
  const addressOfAlert = (number: number) => `/alerts/${number}${search}`;
  const step = (by: 1 | -1) => {
    const at = marked === null ? -1 : seen.indexOf(marked);
    const next = marked === null ? seen[0] : seen[at + by];
    if (next !== undefined) setMarked(next);
  };
  useKeys((act: Act) => {
    const row = rows.find((one) => one.number === marked);
    switch (act.kind) {
      case 'next':
      case 'previous':
        step(act.kind === 'next' ? 1 : -1);
        return true;
      case 'open':
        if (row === undefined) return false;
        go(addressOfAlert(row.number));
        return true;
      case 'select':
        if (row === undefined || !bulk) return false;
        setSelection((before) => toggled(before, row.number, seen));
        return true;
      case 'assign':
        if (row === undefined || !may(me, 'assign')) return false;
        void assign(row, me.name).then(() => refetch());
        return true;
      case 'filter':
        setDialog('filter');
        return true;
      case 'help':
        setDialog('help');
        return true;
      case 'undo':
        void undoNewest();
        return true;
      default:
        return false;
    }
  });

  const chosen = countOf(selection);
  const allSeen = seen.length > 0 && seen.every((number) => isSelected(selection, number));
  return (
    <>
      <div className="page-head">
        <h1>{t('queue.title')}</h1>
        {keys && (
          <Button type="text" size="small" onClick={() => setDialog('help')}>
            {t('keys.title')} <kbd>?</kbd>
          </Button>
        )}
      </div>
      <Tabs filters={filters} counts={counts} />
      <FilterBar filters={filters} openDialog={() => setDialog('filter')} />
      {error !== null && <ProblemNote problem={asProblem(error)} again={() => void refetch()} />}
      {bulk && rows.length > 0 && (
        <div className="list-head">
          <Checkbox
            checked={allSeen}
            indeterminate={chosen > 0 && !allSeen}
            onChange={() => setSelection(allSeen ? NOTHING : { kind: 'rows', numbers: new Set(seen) })}
          >
            {t('queue.selectSeen', { count: seen.length })}
          </Checkbox>
          <BulkBar
            selection={selection}
            all={selection.kind === 'rows' && allSeen && total !== null && total > chosen ? total : null}
            selectAll={() => total !== null && setSelection({ kind: 'filter', filters, expected: total })}
            clear={() => setSelection(NOTHING)}
            begin={setDialog}
          />
        </div>
      )}
      {data !== undefined && rows.length === 0 && <EmptyQueue filters={filters} />}
      {rows.length > 0 && (
        <List
          rows={rows}
          addressOf={addressOfAlert}
          marked={marked}
          selectable={bulk}
          isSelected={(number) => isSelected(selection, number)}
          select={(number) => setSelection((before) => toggled(before, number, seen))}
          wantsMore={wantsMore}
        />
      )}
      <FilterDialog
        filters={filters}
        rows={rows}
        tenants={me.roles.flatMap((role) => role.tenant ?? [])}
        departments={me.roles.flatMap((role) => role.departments)}
        open={dialog === 'filter'}
        close={() => setDialog(null)}
      />
      <KeysHelp open={dialog === 'help'} close={() => setDialog(null)} on="queue" />
      <BulkDialog
        act={dialog === 'decide' || dialog === 'assign' ? dialog : null}
        selection={selection}
        me={me}
        close={() => setDialog(null)}
        done={() => {
          setDialog(null);
          setSelection(NOTHING);
        }}
      />
    </>
  );
}

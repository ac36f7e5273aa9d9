// What the pages read of the API, each with the key under which it is kept.

import { QueryClient, type InfiniteData, infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { apiFilter, type Filters, searchOf } from '../logic/filters';
import { api, ask, rememberCsrf } from './client';
import { Problem } from './problem';
import type { AlertList, AlertRow, Asked, AskedView, Me, User } from './types';

/** Rows of one page of the queue. */
const PAGE_ROWS = 100;
/** How often the queue looks for arrivals while somebody is there, in milliseconds. */
export const LOOK_AGAIN_MS = 20_000;
/** How long an alert that was opened is shown without a look at the server, in milliseconds. */
const FRESH_MS = 30_000;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      // What the server refused, it refuses again.
      retry: (count, error) => count < 2 && error instanceof Problem && error.code === 'unreachable',
    },
  },
});

export const meQuery = queryOptions({
  queryKey: ['me'],
  staleTime: Infinity,
  queryFn: async (): Promise<Me | null> => {
    try {
      const me = await ask(() => api.GET('/api/me'));
      rememberCsrf(me.csrf);
      return me;
    } catch (thrown) {
      // Nobody is signed in: that is an answer, not a problem.
      if (thrown instanceof Problem && thrown.status === 401) return null;
      throw thrown;
    }
  },
});

/** Takes over who is signed in, and with it the value against forged requests. */
export function becomeMe(me: Me | null): void {
  // Nothing that somebody read stays behind for whoever signs in next.
  if (me === null) queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== meQuery.queryKey[0] });
  rememberCsrf(me?.csrf ?? '');
  queries.setQueryData(meQuery.queryKey, me);
}

export const listQuery = (filters: Filters) =>
  infiniteQueryOptions({
    queryKey: ['alerts', searchOf(filters)],
    initialPageParam: null as string | null,
    getNextPageParam: (last: AlertList) => last.next,
    staleTime: 0,
    queryFn: ({ pageParam }) =>
      ask(() =>
        api.GET('/api/alerts', {
          params: {
            query: {
              ...apiFilter(filters),
              sort: filters.sort,
              limit: PAGE_ROWS,
              ...(pageParam === null ? {} : { after: pageParam }),
            },
          },
        }),
      ),
  });

export const alertQuery = (number: number) =>
  queryOptions({
    queryKey: ['alert', number],
    queryFn: () => ask(() => api.GET('/api/alerts/{number}', { params: { path: { number } } })),
  });

export const overviewQuery = (tenant: string, days: number) =>
  queryOptions({
    queryKey: ['overview', tenant, days],
    queryFn: () =>
      ask(() => api.GET('/api/overview', { params: { query: { days, ...(tenant === '' ? {} : { tenant }) } } })),
  });

export const requestsQuery = (view: AskedView) =>
  infiniteQueryOptions({
    queryKey: ['requests', view],
    initialPageParam: null as number | null,
    getNextPageParam: (last: { requests: Asked[]; next: number | null }) => last.next,
    staleTime: 0,
    queryFn: ({ pageParam }) =>
      ask(() =>
        api.GET('/api/requests', {
          params: { query: { view, ...(pageParam === null ? {} : { before: pageParam }) } },
        }),
      ),
  });

/** Every user: page after page, as the API gives them. */
async function allUsers(): Promise<User[]> {
  const users: User[] = [];
  let after: number | null = 0;
  while (after !== null) {
    const query: { after: number } = { after };
    const page = await ask(() => api.GET('/api/users', { params: { query } }));
    users.push(...page.users);
    after = page.next;
  }
  return users;
}

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: allUsers,
});

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: () => ask(() => api.GET('/api/sessions')),
});

/** Puts a newer row in the place of an older one in every list that is kept. */
export function patchRow(number: number, change: (row: AlertRow) => AlertRow): void {
  queries.setQueriesData<InfiniteData<AlertList>>({ queryKey: ['alerts'] }, (data) =>
    data === undefined
      ? data
      : {
          ...data,
          pages: data.pages.map((page) =>
            page.alerts.some((row) => row.number === number)
              ? { ...page, alerts: page.alerts.map((row) => (row.number === number ? change(row) : row)) }
              : page,
          ),
        },
  );
}

/** Lists are asked for anew when they are looked at next; a run through one keeps its order until then. */
export const listsAreOld = () => void queries.invalidateQueries({ queryKey: ['alerts'], refetchType: 'none' });

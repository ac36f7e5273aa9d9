// Which pages there are, which right opens each, and where somebody lands.

import type { Me, Right } from '../api/types';

export interface Page {
  readonly path: string;
  readonly title: 'nav.alerts' | 'nav.overview' | 'nav.requests' | 'nav.users' | 'nav.account';
  /** Null: for everybody who is signed in. */
  readonly right: Right | null;
}

export const PAGES: readonly Page[] = [
  { path: '/alerts', title: 'nav.alerts', right: 'see-alerts' },
  { path: '/overview', title: 'nav.overview', right: 'see-overview' },
  { path: '/requests', title: 'nav.requests', right: 'decide-requests' },
  { path: '/users', title: 'nav.users', right: 'manage-users' },
  { path: '/account', title: 'nav.account', right: null },
];

export const may = (me: Pick<Me, 'rights'>, right: Right | null) => right === null || me.rights.includes(right);

export const pagesOf = (me: Pick<Me, 'rights'>) => PAGES.filter((page) => may(me, page.right));

/** The first page that this person may see. */
export const landingOf = (me: Pick<Me, 'rights'>) => pagesOf(me)[0]?.path ?? '/account';

// Which page is shown: by who is signed in, by the address, and by the rights that the API says.

import { StyleProvider } from '@ant-design/cssinjs';
import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { ConfigProvider } from 'antd';
import en from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { AccountPage } from './account/page';
import { listen } from './api/client';
import { asProblem } from './api/problem';
import { becomeMe, meQuery, queries } from './api/queries';
import type { Me } from './api/types';
import { ItemPage } from './item/page';
import { landingOf, may, PAGES } from './logic/rights';
import { OverviewPage } from './overview/page';
import { ProblemNote } from './parts/problem-note';
import { usePreferences } from './preferences';
import { QueuePage } from './queue/page';
import { RequestsPage } from './requests/page';
import { go, usePlace } from './route';
import { NotHere } from './shell/not-here';
import { Shell } from './shell/shell';
import { StepUp } from './shell/step-up';
import { FirstPassword } from './sign-in/first-password';
import { SignIn } from './sign-in/sign-in';
import { themeOf, useDark } from './theme';
import { UsersPage } from './users/page';

listen({
  signedOut: () => becomeMe(null),
  changed: () => void queries.invalidateQueries({ queryKey: meQuery.queryKey }),
});

const ITEM = /^\/alerts\/(\d{1,15})$/;

function Page({ me, path }: { me: Me; path: string }) {
  const home = path === '/' || path === '/sign-in';
  useEffect(() => {
    if (home) go(landingOf(me), true);
  }, [home, me]);
  if (home) return null;

  const page = PAGES.find((one) => path === one.path || (one.path === '/alerts' && ITEM.test(path)));
  if (page === undefined) return <NotHere why="no-such-page" />;
  if (!may(me, page.right)) return <NotHere why="not-permitted" />;
  const number = ITEM.exec(path)?.[1];
  if (number !== undefined) return <ItemPage key={number} number={Number(number)} me={me} />;
  switch (page.path) {
    case '/overview':
      return <OverviewPage me={me} />;
    case '/requests':
      return <RequestsPage me={me} />;
    case '/users':
      return <UsersPage me={me} />;
    case '/account':
      return <AccountPage me={me} />;
    default:
      return <QueuePage me={me} />;
  }
}

function Signed() {
  const { path } = usePlace();
  const { t } = useTranslation();
  const { data: me, error, refetch } = useQuery(meQuery);
  useEffect(() => {
    document.title = t('app.title');
  }, [t]);
  if (error !== null) return <ProblemNote problem={asProblem(error)} again={() => void refetch()} />;
  if (me === undefined) return null;
  if (me === null) return <SignIn />;
  if (me.must_change_password) return <FirstPassword me={me} />;
  return (
    <Shell me={me}>
      <Page me={me} path={path} />
      <StepUp me={me} />
    </Shell>
  );
}

export function App() {
  const { language } = usePreferences();
  const isDark = useDark();
  return (
    <StyleProvider layer>
      <ConfigProvider
        theme={themeOf(isDark)}
        locale={language === 'en' ? en : zhCN}
        button={{ autoInsertSpace: false }}
        wave={{ disabled: true }}
      >
        <QueryClientProvider client={queries}>
          <Signed />
        </QueryClientProvider>
      </ConfigProvider>
    </StyleProvider>
  );
}

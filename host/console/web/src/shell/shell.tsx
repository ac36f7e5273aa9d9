// What stands around every page: where one can go, language, light or dark, who is signed in, and what was just done.

import { Button } from 'antd';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import { becomeMe } from '../api/queries';
import type { Me } from '../api/types';
import { pagesOf } from '../logic/rights';
import { Link } from '../parts/link';
import { ProblemNote } from '../parts/problem-note';
import { usePlace } from '../route';
import { NoticeBar } from './notice-bar';
import { Switches } from './switches';

function SignOut() {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const leave = async () => {
    try {
      await ask(() => api.DELETE('/api/session'));
      becomeMe(null);
    } catch (thrown) {
      setProblem(asProblem(thrown));
    }
  };
  return (
    <>
      <Button size="small" onClick={() => void leave()}>
        {t('shell.signOut')}
      </Button>
      {problem !== null && <ProblemNote problem={problem} />}
    </>
  );
}

export function Shell({ me, children }: { me: Me; children: ReactNode }) {
  const { t } = useTranslation();
  const { path } = usePlace();
  return (
    <>
      <a className="skip" href="#content">
        {t('shell.skip')}
      </a>
      <header className="top">
        <span className="name">Proviso</span>
        <nav aria-label={t('shell.pages')}>
          {pagesOf(me).map((page) => (
            <Link key={page.path} to={page.path} aria-current={path.startsWith(page.path) ? 'page' : undefined}>
              {t(page.title)}
            </Link>
          ))}
        </nav>
        <div className="top-right">
          <Switches />
          <span className="who" title={me.name}>
            {me.display}
          </span>
          <SignOut />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <NoticeBar />
    </>
  );
}

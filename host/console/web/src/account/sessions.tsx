// Where I am signed in, and the end of a session that is not this one.

import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import { queries, sessionsQuery } from '../api/queries';
import { Moment } from '../parts/moment';
import { ProblemNote } from '../parts/problem-note';

export function Sessions() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(sessionsQuery);
  const [problem, setProblem] = useState<Problem | null>(null);
  const end = async (number: number) => {
    setProblem(null);
    try {
      await ask(() => api.POST('/api/sessions/end', { body: { number } }));
      await queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    } catch (thrown) {
      setProblem(asProblem(thrown));
    }
  };
  if (error !== null) return <ProblemNote problem={asProblem(error)} again={() => void refetch()} />;
  return (
    <>
      {problem !== null && <ProblemNote problem={problem} />}
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">{t('sessions.number')}</th>
            <th scope="col">{t('sessions.opened')}</th>
            <th scope="col">{t('sessions.ends')}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {data?.sessions
            .filter((session) => session.open)
            .map((session) => (
              <tr key={session.number}>
                <th scope="row">{session.number}</th>
                <td>
                  <Moment at={session.opened_at} />
                </td>
                <td>
                  <Moment at={session.ends_at} />
                </td>
                <td>
                  {session.current ? (
                    t('sessions.this')
                  ) : (
                    <Button size="small" onClick={() => void end(session.number)}>
                      {t('sessions.end')}
                    </Button>
                  )}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </>
  );
}

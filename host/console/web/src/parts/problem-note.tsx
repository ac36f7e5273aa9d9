// Says what went wrong and what to do, in the reader's language, with the server's own words beside it.

import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../api/problem';

/** Codes that the pages have words for. Any other is told by `error.unknown`. */
export const KNOWN_CODES = [
  'bad-request',
  'busy',
  'changed',
  'code-wanted',
  'count-differs',
  'ending',
  'fault',
  'foreign-host',
  'foreign-origin',
  'no-session',
  'no-such-path',
  'not-committed',
  'not-found',
  'not-permitted',
  'not-possible',
  'password-change-wanted',
  'sign-in-failed',
  'step-up-wanted',
  'too-large',
  'too-slow',
  'unreachable',
] as const;

type KnownCode = (typeof KNOWN_CODES)[number];

const known = (code: string): KnownCode | 'unknown' => KNOWN_CODES.find((one) => one === code) ?? 'unknown';

export function ProblemNote({ problem, again }: { problem: Problem; again?: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert
      className="problem"
      type="error"
      showIcon={false}
      role="alert"
      title={t(`error.${known(problem.code)}`)}
      description={
        <>
          {problem.words !== '' && (
            <p className="server-words">
              {t('error.serverSays')} <span lang="en">{problem.words}</span>
            </p>
          )}
          {problem.incident !== null && <p>{t('error.incident', { number: problem.incident })}</p>}
          {again !== undefined && <Button onClick={again}>{t('action.tryAgain')}</Button>}
        </>
      }
    />
  );
}

/** The sentence alone, for places with room for no more. */
export function useProblemSentence(): (problem: Problem) => string {
  const { t } = useTranslation();
  return (problem) => t(`error.${known(problem.code)}`);
}

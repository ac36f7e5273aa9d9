// Shows the newest notice until it is dismissed or another comes, and offers to take a decision back.

import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from '../parts/link';
import { useProblemSentence } from '../parts/problem-note';
import { usePreferences } from '../preferences';
import { type Notice, notice, useNotice } from './notices';

function useSentence(): (told: Notice) => string {
  const { t } = useTranslation();
  const sentence = useProblemSentence();
  return (told) => {
    switch (told.kind) {
      case 'decided':
        return t('notice.decided', { number: told.number, decision: t(`decision.${told.decision}`) });
      case 'undone':
        return t('notice.undone', { number: told.number });
      case 'assigned':
        return told.to === null
          ? t('notice.released', { number: told.number })
          : t('notice.assigned', { number: told.number, to: told.to });
      case 'request':
        return t(`requestDone.${told.way}`, { number: told.number });
      case 'bulk':
        return t('notice.bulk', { count: told.changed });
      case 'problem':
        return `${t('notice.problem', { number: told.number })} ${sentence(told.problem)}`;
    }
  };
}

export function NoticeBar() {
  const { t } = useTranslation();
  const told = useNotice();
  const sentence = useSentence();
  const { keys } = usePreferences();
  return (
    // The region stands always: readers of screens tell what changes in it, not that it came.
    <div className="notice-place" role="status" aria-live="polite">
      {told !== null && (
        <div className={told.kind === 'problem' ? 'notice notice-problem' : 'notice'}>
          <span>{sentence(told)}</span>
          {told.kind === 'decided' && (
            <Button size="small" onClick={told.undo}>
              {t('notice.undo')}
              {keys && <kbd>u</kbd>}
            </Button>
          )}
          {told.kind === 'problem' && <Link to={`/alerts/${told.number}`}>{t('notice.open')}</Link>}
          <Button size="small" type="text" onClick={() => notice(null)}>
            {t('action.dismiss')}
          </Button>
        </div>
      )}
    </div>
  );
}

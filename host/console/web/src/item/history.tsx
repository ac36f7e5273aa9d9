// What people did with this alert, oldest first, and a place to add a comment.

import { Button, Input } from 'antd';
import { useId, useState, type SubmitEvent, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ask } from '../api/client';
import { asProblem, type Problem } from '../api/problem';
import { patchRow, queries } from '../api/queries';
import type { Alert, AlertRow, Me, Review } from '../api/types';
import { COMMENT_LENGTH_MAX, isReason } from '../logic/reasons';
import { may } from '../logic/rights';
import { whoOf } from '../logic/who';
import { Moment } from '../parts/moment';
import { ProblemNote } from '../parts/problem-note';

function Entry({ review }: { review: Review }) {
  const { t } = useTranslation();
  const { reason } = review;
  return (
    <li>
      <span className="quiet">
        <Moment at={review.at} />
      </span>{' '}
      {whoOf(review.by)}: {t(review.act === 'assigned' && review.to === null ? 'act.givenBack' : `act.${review.act}`)}
      {review.act === 'assigned' && review.to !== null && ` ${review.to}`}
      {review.act === 'decided' && review.decision !== null && <strong> {t(`decision.${review.decision}`)}</strong>}
      {reason !== null && <span> ({isReason(reason) ? t(`reason.${reason}`) : reason})</span>}
      {review.comment !== null && (
        <p className="comment" dir="auto">
          {review.comment}
        </p>
      )}
    </li>
  );
}

interface Props {
  readonly item: Alert;
  readonly me: Me;
  readonly row: AlertRow;
  readonly commentRef: RefObject<HTMLTextAreaElement | null>;
}

function AddComment({ row, commentRef }: Pick<Props, 'row' | 'commentRef'>) {
  const { t } = useTranslation();
  const id = useId();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const { alert } = await ask(() =>
        api.POST('/api/alerts/{number}/comment', {
          params: { path: { number: row.number } },
          body: { comment: text.trim() },
        }),
      );
      setText('');
      patchRow(row.number, () => alert);
      await queries.invalidateQueries({ queryKey: ['alert', row.number] });
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="add-comment" onSubmit={(event) => void add(event)}>
      {problem !== null && <ProblemNote problem={problem} />}
      <label htmlFor={id}>{t('history.add')}</label>
      <Input.TextArea
        id={id}
        ref={(area) => {
          commentRef.current = area?.resizableTextArea?.textArea ?? null;
        }}
        rows={2}
        maxLength={COMMENT_LENGTH_MAX}
        value={text}
        onChange={(event) => setText(event.target.value)}
        // Out of the field, so that keys decide again; but not out of an input method's list.
        onKeyDown={(event) => {
          if (event.key === 'Escape' && !event.nativeEvent.isComposing) event.currentTarget.blur();
        }}
      />
      <Button htmlType="submit" loading={busy} disabled={text.trim() === ''}>
        {t('history.do')}
      </Button>
    </form>
  );
}

export function History({ item, me, row, commentRef }: Props) {
  const { t } = useTranslation();
  return (
    <section className="history">
      <h2>{t('history.title')}</h2>
      {item.reviews.length === 0 ? (
        <p className="quiet">{t('history.none')}</p>
      ) : (
        <ol>
          {item.reviews.map((review) => (
            <Entry key={review.number} review={review} />
          ))}
        </ol>
      )}
      {may(me, 'decide') && <AddComment row={row} commentRef={commentRef} />}
    </section>
  );
}

// The message among those before and after it, as the conversation went: the nearest at first, all that came with it on asking.

import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Alert, Message, Near } from '../api/types';
import { useFormats } from '../i18n/format';
import { Moment } from '../parts/moment';
import { MarkedText } from './marked-text';

/** Messages before, and as many after, that are shown at first. */
const NEAREST = 5;

function Other({ message }: { message: Near }) {
  return (
    <li className="near">
      <div className="near-head">
        <bdi>{message.from}</bdi>{' '}
        <span className="quiet">
          <Moment at={message.sent_at} />
        </span>
      </div>
      <p className="text" dir="auto">
        {message.text}
      </p>
    </li>
  );
}

function This({ item, message }: { item: Alert; message: Message }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <li className="near near-this" aria-current="true">
      <div className="near-head">
        <bdi>
          <strong>{message.from}</strong>
        </bdi>{' '}
        {t('item.to')} <bdi>{message.to.join(', ')}</bdi>{' '}
        <span className="quiet">
          <Moment at={message.sent_at} />
        </span>
      </div>
      <MarkedText text={message.text} findings={item.findings} />
      {message.attachments.length > 0 && (
        <ul className="attachments">
          {message.attachments.map((attachment, place) => (
            <li key={place}>
              <bdi>{attachment.name}</bdi>{' '}
              <span className="quiet">{t('item.bytes', { n: formats.number(attachment.bytes) })}</span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

export function Thread({ item }: { item: Alert }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const { message, context } = item;
  const before = all ? context.before : context.before.slice(-NEAREST);
  const after = all ? context.after : context.after.slice(0, NEAREST);
  const more = context.before.length > before.length || context.after.length > after.length;
  return (
    <section aria-label={t('item.conversation')}>
      <ol className="thread">
        {before.map((near) => (
          <Other key={near.number} message={near} />
        ))}
        {message === null ? (
          <li className="near near-this" aria-current="true">
            {t('item.notShown')}
          </li>
        ) : (
          <This item={item} message={message} />
        )}
        {after.map((near) => (
          <Other key={near.number} message={near} />
        ))}
      </ol>
      {more && <Button onClick={() => setAll(true)}>{t('item.more')}</Button>}
    </section>
  );
}

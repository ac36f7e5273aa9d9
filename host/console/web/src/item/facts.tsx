// Why this is an alert and what is known of the message: findings, statute, parties, times, retention, what was decided before.

import { useTranslation } from 'react-i18next';
import type { ReactNode } from 'react';
import type { Alert, AlertRow } from '../api/types';
import { useFormats } from '../i18n/format';
import { whoOf } from '../logic/who';
import { Link } from '../parts/link';
import { Moment } from '../parts/moment';
import { RuleName } from '../parts/rule';
import { Severity } from '../parts/severity';

/** Digits of a digest that are enough to tell one from another by eye. */
const DIGITS = 12;
const shortDigest = (digest: string) => digest.replace(/^sha256:/, '').slice(0, DIGITS);

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Facts({ item, row }: { item: Alert; row: AlertRow }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { message, retention } = item;
  const statute = [retention?.law ?? '', retention?.article ?? ''].filter((part) => part !== '').join(' ');
  return (
    <>
      <section className="why">
        <h2>{t('facts.why')}</h2>
        {row.kind === 'held' && <p>{t('facts.held')}</p>}
        <ul className="findings">
          {item.findings.map((finding, place) => (
            <li key={place}>
              <Severity of={finding.severity} /> <RuleName of={finding} />
              {finding.shadow && <span className="flag">{t('facts.shadow')}</span>}
              <p>{finding.reason}</p>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h2>{t('facts.message')}</h2>
        <dl className="facts">
          {message !== null && (
            <>
              <Fact name={t('facts.from')}>
                <bdi>{message.from}</bdi>
              </Fact>
              <Fact name={t('facts.to')}>
                <bdi>{message.to.join(', ')}</bdi>
              </Fact>
            </>
          )}
          {row.conversation !== '' && (
            <Fact name={t('facts.conversation')}>
              <Link
                to={`/alerts?conversation=${encodeURIComponent(row.conversation)}`}
                title={t('facts.sameConversation')}
              >
                <bdi>{row.conversation}</bdi>
              </Link>
            </Fact>
          )}
          <Fact name={t('facts.where')}>
            {row.tenant} · {row.channel}
            {message !== null && ` · ${message.kind} · ${t(`direction.${message.direction}`)}`}
          </Fact>
          <Fact name={t('facts.sent')}>
            <Moment at={row.sent_at} />
          </Fact>
          {message !== null && (
            <Fact name={t('facts.received')}>
              <Moment at={message.received_at} />
            </Fact>
          )}
          {retention !== null && (
            <Fact name={t('facts.keepUntil')}>
              {retention.keep_until === null ? t('facts.noEnd') : formats.plainDate(retention.keep_until)}
            </Fact>
          )}
          {statute !== '' && <Fact name={t('facts.statute')}>{statute}</Fact>}
          {item.generation !== null && (
            <Fact name={t('facts.generation')}>
              <code title={item.generation}>{shortDigest(item.generation)}</code>
            </Fact>
          )}
          {message !== null && (
            <Fact name={t('facts.id')}>
              <code>{message.id}</code>
            </Fact>
          )}
        </dl>
        {item.masked && <p className="hint">{t('facts.masked')}</p>}
      </section>
      <section>
        <h2>{t('facts.sameRule')}</h2>
        {item.same_rule.length === 0 ? (
          <p className="quiet">{t('facts.noneBefore')}</p>
        ) : (
          <ul className="earlier">
            {item.same_rule.map((earlier) => (
              <li key={earlier.number}>
                <Link to={`/alerts/${earlier.number}`}>{earlier.number}</Link> {t(`decision.${earlier.decision}`)}{' '}
                <span className="quiet">
                  {whoOf(earlier.decided_by)} · <Moment at={earlier.decided_at} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

// One request, beside the list: the exact act with its digest, why, how it stands, and what the reader may do about it.

import { Button } from 'antd';
import { useEffect, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Asked } from '../api/types';
import { useFormats } from '../i18n/format';
import { waysOf, whyNot } from '../logic/requests';
import { whoOf } from '../logic/who';
import { Moment } from '../parts/moment';
import { Standing } from './words';

export type Way = ReturnType<typeof waysOf>[number];

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Act({ asked }: { asked: Asked }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { export: given, scoring } = asked;
  return (
    <>
      <Fact name={t('requests.tenant')}>{asked.tenant}</Fact>
      {asked.messages !== null && <Fact name={t('requests.messages')}>{formats.number(asked.messages)}</Fact>}
      {asked.rules.length > 0 && <Fact name={t('requests.rules')}>{asked.rules.join(', ')}</Fact>}
      {asked.hold !== null && <Fact name={t('requests.hold')}>{asked.hold}</Fact>}
      {asked.note !== null && <Fact name={t('requests.note')}>{asked.note}</Fact>}
      {given !== null && (
        <>
          {given.query !== null && (
            <Fact name={t('requests.query')}>
              <code>{given.query}</code>
            </Fact>
          )}
          {given.conversation !== null && <Fact name={t('requests.conversation')}>{given.conversation}</Fact>}
          <Fact name={t('requests.to')}>
            <bdi>{given.to}</bdi>
          </Fact>
          {given.until !== null && <Fact name={t('requests.keptUntil')}>{given.until}</Fact>}
          {given.context !== null && <Fact name={t('requests.context')}>{formats.number(given.context)}</Fact>}
          <Fact name={t('requests.names')}>{t(given.masked ? 'requests.masked' : 'requests.unmasked')}</Fact>
        </>
      )}
      {scoring !== null && (
        <>
          <Fact name={t('requests.assessment')}>{scoring.assessment}</Fact>
          <Fact name={t('requests.scoredUntil')}>
            <Moment at={scoring.until} />
          </Fact>
          <Fact name={t('requests.applications')}>{scoring.applications.join('; ')}</Fact>
        </>
      )}
      <Fact name={t('requests.digest')}>
        <code>{asked.digest}</code>
      </Fact>
    </>
  );
}

interface Props {
  readonly asked: Asked;
  readonly me: string;
  readonly begin: (way: Way) => void;
  readonly close: () => void;
}

export function RequestPanel({ asked, me, begin, close }: Props) {
  const { t } = useTranslation();
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  const why = whyNot(asked, me);
  return (
    <section className="request-panel" aria-labelledby="request-head">
      <h2 id="request-head" ref={head} tabIndex={-1}>
        #{asked.number} {t(`requestAct.${asked.act}`)}
      </h2>
      <p className="request-standing">
        <Standing asked={asked} />
      </p>
      <dl className="facts">
        <Act asked={asked} />
        <Fact name={t('requests.reason')}>
          <bdi>{asked.reason}</bdi>
        </Fact>
        <Fact name={t('requests.askedBy')}>
          {whoOf(asked.asked_by)} · <Moment at={asked.asked_at} />
        </Fact>
        <Fact name={t('requests.notBefore')}>
          <Moment at={asked.not_before} />
        </Fact>
        <Fact name={t('requests.until')}>
          <Moment at={asked.ends_at} />
        </Fact>
        {asked.decision !== null && (
          <Fact name={t('requests.decision')}>
            <Moment at={asked.decision.at} /> · <bdi>{asked.decision.note}</bdi>
          </Fact>
        )}
        {asked.run_at !== null && (
          <Fact name={t('requests.ran')}>
            <Moment at={asked.run_at} />
          </Fact>
        )}
      </dl>
      {why !== null && <p className="hint">{t(`requestWhyNot.${why}`, { number: asked.number })}</p>}
      <div className="buttons">
        {waysOf(asked).map((way) => (
          <Button key={way} type={way === 'refuse' ? 'default' : 'primary'} onClick={() => begin(way)}>
            {t(`requestWay.${way}`)}
          </Button>
        ))}
        <Button type="text" onClick={close}>
          {t('action.close')}
        </Button>
      </div>
    </section>
  );
}

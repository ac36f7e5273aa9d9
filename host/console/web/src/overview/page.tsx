// How things stand: what came in, what was opened and answered, and how old is what waits.

import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem';
import { overviewQuery } from '../api/queries';
import type { Me, Overview } from '../api/types';
import { useFormats } from '../i18n/format';
import { SEVERITIES } from '../logic/filters';
import { Choice } from '../parts/choice';
import { ProblemNote } from '../parts/problem-note';
import { ageSeries, heightOf, intakeSeries, openedSeries, ruleSeries } from './series';
import { SeriesTable } from './series-table';

// The library for charts is large and for this page alone.
const Chart = lazy(() => import('./chart'));

const DAYS = ['7', '30', '90'] as const;

function Figures({ of }: { of: Overview }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { reviewed_share: looked, answered_within: answered } = of;
  const answers = answered.in_time + answered.late;
  const share = (part: number, whole: number) => (whole === 0 ? '–' : formats.share(part / whole));
  return (
    <dl className="figures">
      <div>
        <dt>{t('overview.waiting')}</dt>
        <dd>
          {formats.number(of.open_by_age.reduce((sum, age) => sum + age.alerts, 0))}
          <span className="quiet">{t('overview.heldOf', { n: formats.number(of.held) })}</span>
        </dd>
      </div>
      <div>
        <dt>{t('overview.lookedAt')}</dt>
        <dd>
          {share(looked.looked_at, looked.opened)}
          <span className="quiet">
            {t('overview.partOf', { part: formats.number(looked.looked_at), whole: formats.number(looked.opened) })}
          </span>
        </dd>
      </div>
      <div>
        <dt>{t('overview.inTime')}</dt>
        <dd>
          {share(answered.in_time, answers)}
          <span className="quiet">
            {t('overview.partOf', { part: formats.number(answered.in_time), whole: formats.number(answers) })}
          </span>
        </dd>
      </div>
    </dl>
  );
}

export function OverviewPage({ me }: { me: Me }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [tenant, setTenant] = useState('');
  const [days, setDays] = useState<(typeof DAYS)[number]>('30');
  const { data, error, refetch } = useQuery(overviewQuery(tenant, Number(days)));
  const tenants = [...new Set(me.roles.flatMap((role) => role.tenant ?? []))];
  const grades = [...SEVERITIES, 'held' as const].map((grade) => t(`severity.${grade}`));
  const all =
    data === undefined
      ? []
      : [
          { title: t('overview.opened'), series: openedSeries(data, grades, formats.plainDay) },
          { title: t('overview.intake'), series: intakeSeries(data, t('overview.messages'), formats.plainDay) },
          {
            title: t('overview.byAge'),
            series: ageSeries(data, t('overview.alerts'), (bucket) => t(`age.${bucket}`)),
          },
          {
            title: t('overview.byRule'),
            series: ruleSeries(
              data,
              [t('overview.open'), t('overview.closed'), t('overview.falsePositives')],
              t('rule.held'),
            ),
          },
        ];
  return (
    <>
      <div className="page-head">
        <h1>{t('overview.title')}</h1>
        <label className="sort">
          {t('overview.tenant')}
          <Choice
            value={tenant}
            options={[
              { value: '', label: t('overview.allMine') },
              ...tenants.map((one) => ({ value: one, label: one })),
            ]}
            onChoose={setTenant}
          />
        </label>
        <label className="sort">
          {t('overview.period')}
          <Choice
            value={days}
            options={DAYS.map((one) => ({ value: one, label: t('overview.lastDays', { n: one }) }))}
            onChoose={setDays}
          />
        </label>
      </div>
      {error !== null && <ProblemNote problem={asProblem(error)} again={() => void refetch()} />}
      {data !== undefined && <Figures of={data} />}
      {all.map(({ title, series }) => (
        <section key={title} className="chart-section">
          <h2>{title}</h2>
          {series.rows.length === 0 ? (
            <p className="quiet">{t('overview.nothing')}</p>
          ) : (
            <div className="chart-beside">
              <Suspense fallback={<div style={{ height: heightOf(series) }} />}>
                <Chart series={series} label={t('overview.chartOf', { title })} />
              </Suspense>
              <SeriesTable series={series} title={title} />
            </div>
          )}
        </section>
      ))}
    </>
  );
}

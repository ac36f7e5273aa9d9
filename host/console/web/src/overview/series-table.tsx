// The numbers of a chart as a table: the newest day first, for whoever reads numbers or cannot see the chart.

import { useTranslation } from 'react-i18next';
import { useFormats } from '../i18n/format';
import { heightOf, type Series } from './series';

export function SeriesTable({ series, title }: { series: Series; title: string }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const order = series.rows.map((_, place) => place);
  if (series.days) order.reverse();
  return (
    // It scrolls, so it can be reached by keyboard.

    <div
      className="numbers"
      role="region"
      aria-label={t('overview.numbersOf', { title })}
      tabIndex={0}
      style={{ maxHeight: heightOf(series) }}
    >
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">{t(series.days ? 'overview.day' : 'overview.what')}</th>
            {series.columns.map((column) => (
              <th key={column.name} scope="col" className="figure">
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {order.map((place) => (
            <tr key={place}>
              <th scope="row">{series.rows[place]}</th>
              {series.columns.map((column) => (
                <td key={column.name} className="figure">
                  {formats.number(column.values[place] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

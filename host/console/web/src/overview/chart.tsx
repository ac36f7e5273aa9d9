// A bar chart of a series, drawn on a canvas: a canvas needs no style that the Content-Security-Policy forbids.

import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import { type EChartsType, init, use as register } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { theme } from 'antd';
import { useEffect, useRef } from 'react';
import { type Series, heightOf } from './series';

register([BarChart, GridComponent, LegendComponent, CanvasRenderer]);

/** From the palest to the darkest, so that severities differ without their hue, and a grey for what is held; another row for the dark theme. */
const LIGHT = ['#a9c4e4', '#6f9bd1', '#3a6fb0', '#143c70', '#9aa0a8'] as const;
const DARK = ['#35506f', '#5580b3', '#86b0e6', '#d3e5ff', '#7d8590'] as const;

interface Props {
  readonly series: Series;
  readonly label: string;
}

export default function Chart({ series, label }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const { token } = theme.useToken();
  const isDark = token.colorBgContainer === '#181d23';
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const chart: EChartsType = init(element, null, { renderer: 'canvas' });
    const words = { color: token.colorTextSecondary, fontFamily: token.fontFamily };
    const names = {
      type: 'category' as const,
      data: [...series.rows],
      axisLabel: series.days ? words : { ...words, interval: 0 },
      inverse: !series.days,
    };
    const values = {
      type: 'value' as const,
      axisLabel: words,
      minInterval: 1,
      splitLine: { lineStyle: { color: token.colorSplit } },
    };
    const palette = isDark ? DARK : LIGHT;
    const columns = series.columns.slice(0, series.drawn);
    chart.setOption({
      animation: false,
      color: columns.length > 2 ? [...palette] : [palette[2], palette[0]],
      grid: { left: 8, right: 16, top: columns.length > 1 ? 32 : 12, bottom: 4 },
      ...(columns.length > 1 ? { legend: { top: 0, left: 0, textStyle: words, itemWidth: 14, itemHeight: 10 } } : {}),
      xAxis: series.days ? names : values,
      yAxis: series.days ? values : names,
      series: columns.map((column) => ({
        type: 'bar' as const,
        name: column.name,
        data: [...column.values],
        barMaxWidth: 22,
        stack: 'all',
      })),
    });
    const watch = new ResizeObserver(() => chart.resize());
    watch.observe(element);
    return () => {
      watch.disconnect();
      chart.dispose();
    };
  }, [series, token, isDark]);
  return (
    <div role="img" aria-label={label}>
      <div ref={place} style={{ height: heightOf(series) }} />
    </div>
  );
}

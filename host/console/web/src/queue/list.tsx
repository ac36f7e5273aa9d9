// The rows of a view. Only those near the window are in the page, however many there are.

import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AlertRow } from '../api/types';
import { Row } from './row';

interface Props {
  readonly rows: readonly AlertRow[];
  readonly addressOf: (number: number) => string;
  readonly marked: number | null;
  readonly selectable: boolean;
  readonly isSelected: (number: number) => boolean;
  readonly select: (number: number) => void;
  /** Called when the reader comes near the end. */
  readonly wantsMore: () => void;
}

/** A row's height in pixels until it is measured. */
const ROW_HEIGHT = 58;
/** What the head of the page, and the notice at its foot, cover of the window. In pixels. */
const COVERED_TOP = 104;
const COVERED_BOTTOM = 80;
/** Rows beyond the window that are in the page, and how near the end more are asked for. */
const OVERSCAN = 12;

export function List({ rows, addressOf, marked, selectable, isSelected, select, wantsMore }: Props) {
  const { t } = useTranslation();
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useEffect(() => {
    setTop(list.current?.offsetTop ?? 0);
  }, []);

  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollMargin: top,
    scrollPaddingStart: COVERED_TOP,
    scrollPaddingEnd: COVERED_BOTTOM,
    getItemKey: (index) => rows[index]?.number ?? index,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= rows.length - OVERSCAN) wantsMore();
  }, [last, rows.length, wantsMore]);
  const markedAt = marked === null ? -1 : rows.findIndex((row) => row.number === marked);
  useEffect(() => {
    if (markedAt >= 0) virtual.scrollToIndex(markedAt, { align: 'auto' });
    // Only a new mark scrolls, not a new row.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [marked]);

  return (
    <div className="list" ref={list}>
      <ul aria-label={t('queue.list')} style={{ height: virtual.getTotalSize() }}>
        {shown.map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <li
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              aria-setsize={rows.length}
              aria-posinset={item.index + 1}
              style={{ transform: `translateY(${item.start - top}px)` }}
            >
              <Row
                row={row}
                to={addressOf(row.number)}
                marked={row.number === marked}
                selected={isSelected(row.number)}
                selectable={selectable}
                select={() => select(row.number)}
              />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

// Cuts a text at the ends of its marked spans, so that spans may overlap and the text is still written once, in its order.

import type { Span } from '../api/types';

export interface Piece {
  readonly text: string;
  /** Which spans this piece is part of: their places in the list that was given, in order. */
  readonly marks: readonly number[];
}

const isLow = (text: string, at: number) => {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
};

const isHigh = (text: string, at: number) => {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff;
};

/** An offset within the text and not inside a surrogate pair. `down` says to which side it moves off the middle of one. */
function settle(text: string, at: number, down: boolean): number {
  const inside = Math.min(Math.max(0, at), text.length);
  if (inside > 0 && inside < text.length && isLow(text, inside) && isHigh(text, inside - 1)) {
    return down ? inside - 1 : inside + 1;
  }
  return inside;
}

/** Pieces that together are the text. Spans are UTF-16 offsets; what lies outside the text is cut, an empty span marks nothing. */
export function pieces(text: string, spans: readonly Span[]): Piece[] {
  const settled = spans.map(({ start, end }) => ({ start: settle(text, start, true), end: settle(text, end, false) }));
  const cuts = new Set([0, text.length]);
  for (const { start, end } of settled) {
    if (start >= end) continue;
    cuts.add(start);
    cuts.add(end);
  }
  const ordered = [...cuts].sort((a, b) => a - b);
  const found: Piece[] = [];
  for (const [index, from] of ordered.entries()) {
    const to = ordered[index + 1];
    if (to === undefined) break;
    const marks = settled.flatMap((span, place) => (span.start <= from && to <= span.end ? [place] : []));
    found.push({ text: text.slice(from, to), marks });
  }
  return found;
}

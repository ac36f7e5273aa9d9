// A message's text with the places that rules found. It is written as text, whatever is in it; its direction is its own.

import { useTranslation } from 'react-i18next';
import type { Finding } from '../api/types';
import { pieces } from '../logic/spans';

export function MarkedText({ text, findings }: { text: string; findings: readonly Finding[] }) {
  const { t } = useTranslation();
  const spans = findings.flatMap((finding) => finding.spans.map((span) => ({ ...span, rule: finding.rule })));
  return (
    <p className="text" dir="auto">
      {pieces(text, spans).map((piece, place) => {
        const rules = [...new Set(piece.marks.map((mark) => spans[mark]?.rule ?? ''))];
        if (rules.length === 0) return piece.text;
        const names = rules.join(', ');
        return (
          // A piece has no other name than its place, and the text of a message does not change.
          <mark key={place} className={piece.marks.length > 1 ? 'mark-two' : undefined} title={names}>
            {piece.text}
            <span className="unseen">{t('item.marked', { rules: names })}</span>
          </mark>
        );
      })}
    </p>
  );
}

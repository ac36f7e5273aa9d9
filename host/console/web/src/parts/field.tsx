// A labelled control with its hint, tied together for those who do not see them side by side.

import { useId, type ReactNode } from 'react';

interface Props {
  readonly label: string;
  readonly hint?: string | undefined;
  /** Gets the identifiers that tie the control to its label and hint. */
  readonly children: (ids: { id: string; 'aria-describedby': string | undefined }) => ReactNode;
}

export function Field({ label, hint, children }: Props) {
  const id = useId();
  const hintId = `${id}-hint`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': hint === undefined ? undefined : hintId })}
      {hint !== undefined && (
        <p id={hintId} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

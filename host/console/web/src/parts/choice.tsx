// One of a few: the browser's own list, which every keyboard, reader and tablet knows.

import type { SelectHTMLAttributes } from 'react';

interface Props<T extends string> extends Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange' | 'value'> {
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChoose: (value: T) => void;
}

export function Choice<T extends string>({ value, options, onChoose, ...rest }: Props<T>) {
  return (
    <select
      {...rest}
      className="choice"
      value={value}
      onChange={(event) => {
        const chosen = options.find((option) => option.value === event.target.value);
        if (chosen !== undefined) onChoose(chosen.value);
      }}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

// The frame of the pages before anything is shown: one form, and the switches, for whoever does not read the language.

import { useEffect, useRef, type ReactNode } from 'react';
import { Switches } from '../shell/switches';

export function Entrance({ title, children }: { title: string; children: ReactNode }) {
  const form = useRef<HTMLDivElement>(null);
  // There is one thing to do here, and it begins in the first field.
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  return (
    <main className="entrance">
      <div className="entrance-form" ref={form}>
        <p className="name">Proviso</p>
        <h1>{title}</h1>
        {children}
      </div>
      <div className="entrance-switches">
        <Switches />
      </div>
    </main>
  );
}

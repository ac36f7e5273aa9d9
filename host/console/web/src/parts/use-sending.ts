// A form that sends something: it is busy until the answer comes, and says what went wrong.

import { useState, type SubmitEvent } from 'react';
import { asProblem, type Problem } from '../api/problem';

export interface Sending {
  readonly busy: boolean;
  readonly problem: Problem | null;
  readonly setProblem: (problem: Problem | null) => void;
  /** A form's answer to being sent: does the work, and keeps the problem if it fails. */
  readonly send: (work: () => Promise<void>) => (event: SubmitEvent) => void;
}

export function useSending(): Sending {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  const send = (work: () => Promise<void>) => (event: SubmitEvent) => {
    event.preventDefault();
    void run(work);
  };
  return { busy, problem, setProblem, send };
}

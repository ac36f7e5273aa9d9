// The short list of reasons for each decision. A reason is optional; its code is what the API keeps.

import type { Decision } from '../api/types';

/** The API takes 4,096 bytes of a comment; a Chinese character is three. */
export const COMMENT_LENGTH_MAX = 1_300;

export const REASONS = {
  'no-issue': ['ordinary-business', 'approved-beforehand', 'handled-elsewhere'],
  violation: ['clear-breach', 'repeated', 'customer-harmed'],
  'false-positive': ['quoted', 'negated', 'other-meaning', 'test-message'],
  escalate: ['needs-lead', 'needs-legal', 'conflict-of-interest'],
  unclear: ['context-missing', 'needs-asking'],
} as const satisfies Record<Decision, readonly string[]>;

export type Reason = (typeof REASONS)[Decision][number];

const ALL: readonly string[] = Object.values(REASONS).flat();

export const isReason = (code: string): code is Reason => ALL.includes(code);

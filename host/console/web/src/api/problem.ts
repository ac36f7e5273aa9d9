// What went wrong with a request, as the pages speak of it: the code that the server gave, and its own words.

export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    /** The server's code, or `unreachable`, or `unknown`. */
    readonly code: string,
    /** The server's words, which are English. */
    readonly words: string,
    readonly status: number,
    /** The number under which the daemon's log has the whole story. */
    readonly incident: string | null = null,
    /** Of `count-differs`: how many alerts there are now. */
    readonly found: number | null = null,
  ) {
    super(words === '' ? code : words);
  }
}

/** Reads the body of an answer that is not a success. What is not in the API's form gets the code `unknown`. */
export function problemOf(body: unknown, status: number): Problem {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : null;
  if (typeof error !== 'object' || error === null) return new Problem('unknown', `HTTP ${status}`, status);
  const fields = error as Record<string, unknown>;
  return new Problem(
    typeof fields.code === 'string' ? fields.code : 'unknown',
    typeof fields.message === 'string' ? fields.message : `HTTP ${status}`,
    status,
    typeof fields.incident === 'string' || typeof fields.incident === 'number' ? String(fields.incident) : null,
    typeof fields.found === 'number' ? fields.found : null,
  );
}

/** Anything thrown, as a problem. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem('unknown', thrown instanceof Error ? thrown.message : String(thrown), 0);
}

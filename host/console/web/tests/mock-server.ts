// A server that obeys the console's contract, over alerts in memory: for the browser tests, and to look at the pages without a daemon.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { MockAlerts } from './mock/alerts';
import { MockPeople } from './mock/people';
import { MockApi, Refusal } from './mock/routes';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** What the daemon sends with the pages, with a place to which violations are told. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  'report-uri /violations',
].join('; ');

export interface Mock {
  readonly url: string;
  readonly api: MockApi;
  /** How long an alert takes to be opened, in milliseconds: as over a slow line. */
  openingMs: number;
  /** Every violation of the policy that a browser told. */
  readonly violations: string[];
  /** Every path that was asked for at the API, with its method. */
  readonly requests: string[];
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

async function page(path: string, response: ServerResponse): Promise<void> {
  const inside = normalize(path.replace(/^\/console/, ''));
  const file = extname(inside) === '' ? 'index.html' : inside;
  try {
    const bytes = await readFile(join(DIST, file));
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
    });
    response.end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

async function handle(mock: Mock, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', mock.url);
  if (pathname === '/violations') {
    mock.violations.push(await bodyOf(request));
    response.writeHead(204).end();
    return;
  }
  if (pathname === '/') {
    response.writeHead(303, { location: '/console/' }).end();
    return;
  }
  if (!pathname.startsWith('/api/')) return page(pathname, response);

  mock.requests.push(`${request.method} ${pathname}`);
  const send = (status: number, body?: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
  try {
    const { origin, host, cookie } = request.headers;
    if (origin !== undefined && new URL(origin).host !== host)
      throw new Refusal(403, 'foreign-origin', 'this was sent from another site');
    const text = await bodyOf(request);
    if (request.method === 'GET' && /^\/api\/alerts\/\d+$/.test(pathname)) await wait(mock.openingMs);
    const header = request.headers['proviso-csrf'];
    const answer = mock.api.answer({
      method: request.method ?? 'GET',
      path: decodeURI(pathname),
      query: Object.fromEntries(searchParams),
      body: text === '' ? {} : JSON.parse(text),
      cookie: /proviso_session=(\w+)/.exec(cookie ?? '')?.[1],
      csrf: typeof header === 'string' ? header : undefined,
    });
    const set = answer.setCookie;
    const kept = set === '' ? 'Max-Age=0; ' : '';
    send(
      answer.status,
      answer.body,
      set === undefined ? {} : { 'set-cookie': `proviso_session=${set}; ${kept}HttpOnly; SameSite=Strict; Path=/` },
    );
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) {
      send(500, { error: { code: 'fault', message: String(thrown), incident: '1' } });
      return;
    }
    send(thrown.status, { error: { code: thrown.code, message: thrown.message, ...thrown.more } });
  }
}

/** Starts a mock with `alerts` alerts, spread over the last three days, on a free port unless one is named. */
export async function startMock(alerts = 120, port = 0): Promise<Mock> {
  const clock = () => Date.now();
  const stored = new MockAlerts(clock);
  stored.arrive(alerts, (place) => 30 - (place * 30) / Math.max(1, alerts));
  const api = new MockApi(stored, new MockPeople(clock), clock);
  const server: Server = createServer((request, response) => void handle(mock, request, response));
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
  const mock: Mock = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    api,
    openingMs: 0,
    violations: [],
    requests: [],
    close: () =>
      new Promise((ended) => {
        server.close(() => ended());
        server.closeAllConnections();
      }),
  };
  return mock;
}

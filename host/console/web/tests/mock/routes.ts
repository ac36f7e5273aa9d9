// The mock's answers to the API's requests: the rules of the contract, over alerts and people in memory.

import type { AlertRow, AskedView, Bulk, Me, Overview, Right, Role } from '../../src/api/types';
import type { MockAlerts } from './alerts';
import { CODE, type MockPeople, type Person, type Session } from './people';
import { MockRequests } from './requests';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the mock takes what it is sent
  readonly body: any;
  readonly cookie: string | undefined;
  readonly csrf: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly setCookie?: string;
}

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly more: object = {},
  ) {
    super(message);
  }
}

const done: Answer = { status: 204 };
const UNDO_MS = 600_000;

export class MockApi {
  /** What the last decision of each alert may be taken back to. */
  private readonly before = new Map<number, { row: AlertRow; by: string; at: number }>();
  /** Sign-ins fail and step-ups are wanted as the contract says; a test may want them off. */
  stepUpWanted = true;
  readonly requests: MockRequests;

  constructor(
    readonly alerts: MockAlerts,
    readonly people: MockPeople,
    private readonly clock: () => number,
  ) {
    this.requests = new MockRequests(clock);
  }

  answer(asked: Asked): Answer {
    if (asked.path === '/api/session' && asked.method === 'POST') return this.signIn(asked);
    const session = asked.cookie === undefined ? undefined : this.people.sessions.get(asked.cookie);
    if (session === undefined) throw new Refusal(401, 'no-session', 'no session, or it has ended');
    if (asked.method !== 'GET' && asked.csrf !== session.csrf) {
      throw new Refusal(403, 'foreign-origin', 'send the header `proviso-csrf` with the value that `/api/me` gives');
    }
    const me = this.people.me(session);
    const person = this.people.people.get(session.name) as Person;
    if (me.must_change_password && asked.method !== 'DELETE' && !asked.path.startsWith('/api/me')) {
      throw new Refusal(403, 'password-change-wanted', 'change your password first');
    }
    return (
      this.own(asked, session, person) ??
      this.queue(asked, me) ??
      this.users(asked, me, session) ??
      this.twoPersons(asked, me, session) ??
      this.overview(asked, me) ??
      (() => {
        throw new Refusal(404, 'no-such-path', `no such path: ${asked.path}`);
      })()
    );
  }

  private signIn({ body }: Asked): Answer {
    const person = this.people.people.get(body.name);
    if (this.people.failures >= 5) throw new Refusal(429, 'busy', 'too many failures; wait 30 s');
    if (person === undefined || person.disabled || person.password !== body.password) {
      this.people.failures += 1;
      throw new Refusal(401, 'sign-in-failed', 'name, password or code is wrong');
    }
    if (person.totp && body.code === undefined) throw new Refusal(401, 'code-wanted', 'a code is wanted');
    if (person.totp && body.code !== CODE) throw new Refusal(401, 'sign-in-failed', 'name, password or code is wrong');
    this.people.failures = 0;
    const { cookie, session } = this.people.open(person.name);
    return { status: 200, body: this.people.me(session), setCookie: cookie };
  }

  private own({ method, path, body, cookie }: Asked, session: Session, person: Person): Answer | undefined {
    const prove = () => {
      if (body.password !== person.password)
        throw new Refusal(401, 'sign-in-failed', 'name, password or code is not right');
    };
    switch (`${method} ${path}`) {
      case 'DELETE /api/session':
        this.people.sessions.delete(cookie ?? '');
        return { ...done, setCookie: '' };
      case 'GET /api/me':
        return { status: 200, body: this.people.me(session) };
      case 'POST /api/me/password':
        if (person.totp && body.code === undefined) throw new Refusal(401, 'code-wanted', 'a code is wanted');
        if (body.old !== person.password)
          throw new Refusal(401, 'sign-in-failed', 'name, password or code is not right');
        if (body.new.length < 12) throw new Refusal(400, 'bad-request', 'a password has 12 bytes or more');
        person.password = body.new;
        person.must_change_password = false;
        return done;
      case 'POST /api/me/totp': {
        prove();
        const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
        return {
          status: 200,
          body: { secret, uri: `otpauth://totp/Proviso:${person.name}?secret=${secret}&issuer=Proviso` },
        };
      }
      case 'POST /api/me/totp/confirm':
        if (body.code !== CODE) throw new Refusal(401, 'sign-in-failed', 'the code is not right');
        person.totp = true;
        return done;
      case 'POST /api/me/totp/remove':
        prove();
        if (body.code !== CODE) throw new Refusal(401, 'sign-in-failed', 'the code is not right');
        person.totp = false;
        return done;
      case 'POST /api/session/step-up':
        prove();
        if (person.totp && body.code !== CODE) throw new Refusal(401, 'sign-in-failed', 'the code is not right');
        session.step_up_until = new Date(this.clock() + UNDO_MS).toISOString();
        return { status: 200, body: { step_up_until: session.step_up_until } };
      case 'GET /api/sessions': {
        const mine = [...this.people.sessions.values()].filter((one) => one.name === person.name);
        return {
          status: 200,
          body: {
            sessions: mine.map(({ number, opened_at, ends_at }) => ({
              number,
              opened_at,
              ends_at,
              ended_at: null,
              ended_by: null,
              why: null,
              open: true,
              current: number === session.number,
            })),
          },
        };
      }
      case 'POST /api/sessions/end':
        for (const [key, one] of this.people.sessions) {
          if (one.number === body.number && one.name === person.name) this.people.sessions.delete(key);
        }
        return done;
      default:
        return undefined;
    }
  }

  private need(me: Me, right: Right): void {
    if (!me.rights.includes(right)) throw new Refusal(403, 'not-permitted', `this wants the right ${right}`);
  }

  private needProof(session: Session): void {
    if (this.stepUpWanted && (session.step_up_until === null || Date.parse(session.step_up_until) < this.clock())) {
      throw new Refusal(403, 'step-up-wanted', 'prove again that it is you');
    }
  }

  private sees(me: Me) {
    return (row: AlertRow, department: string) =>
      me.roles.some(
        (role) =>
          role.tenant === row.tenant && (role.departments.length === 0 || role.departments.includes(department)),
      );
  }

  private queue({ method, path, query, body }: Asked, me: Me): Answer | undefined {
    if (!path.startsWith('/api/alerts')) return undefined;
    this.need(me, 'see-alerts');
    if (path === '/api/alerts' && method === 'GET') {
      const { rows, counts } = this.alerts.find(query, me.name, this.sees(me));
      const limit = Number(query.limit ?? 50);
      const at = query.after === undefined ? 0 : rows.findIndex((row) => row.number === Number(query.after)) + 1;
      const alerts = rows.slice(at, at + limit);
      const next = at + limit < rows.length ? String(alerts.at(-1)?.number) : null;
      return { status: 200, body: { alerts, next, counts } };
    }
    if (path === '/api/alerts/bulk') return this.bulk(body, me);
    const [, text = '', act] = /^\/api\/alerts\/(\d+)(?:\/(\w+))?$/.exec(path) ?? [];
    const stored = this.alerts.stored.get(Number(text));
    if (stored === undefined || !this.sees(me)(stored.row, stored.department)) {
      throw new Refusal(404, 'not-found', `there is no alert ${text}`);
    }
    const { number } = stored.row;
    if (act === undefined) return { status: 200, body: this.alerts.item(number) };
    if (act !== 'comment' && body.version !== stored.row.version) {
      throw new Refusal(409, 'changed', `version ${body.version} is not the newest: ${stored.row.version} is`);
    }
    return { status: 200, body: this.act(act, number, body, me) };
  }

  private act(act: string, number: number, body: Asked['body'], me: Me) {
    const { alerts, before } = this;
    const row = alerts.row(number);
    this.need(me, act === 'assign' ? 'assign' : 'decide');
    switch (act) {
      case 'decide':
        if (row.state !== 'open') throw new Refusal(409, 'changed', 'the alert is closed');
        before.set(number, { row, by: me.name, at: this.clock() });
        return {
          alert: alerts.decide(number, me.name, body.decision, body.reason, body.comment),
          undo_until: new Date(this.clock() + UNDO_MS).toISOString(),
        };
      case 'undo': {
        const last = before.get(number);
        if (last?.by !== me.name) throw new Refusal(422, 'not-possible', 'no decision of yours');
        if (this.clock() - last.at > UNDO_MS)
          throw new Refusal(422, 'not-possible', 'decided more than 10 minutes ago: reopen it');
        before.delete(number);
        const { state, escalated, assignee, decision, decided_by, decided_at } = last.row;
        return {
          alert: alerts.review(
            number,
            me.name,
            'undone',
            {},
            { state, escalated, assignee, decision, decided_by, decided_at },
          ),
        };
      }
      case 'assign':
        return { alert: alerts.review(number, me.name, 'assigned', { to: body.to }, { assignee: body.to }) };
      case 'comment':
        return { alert: alerts.review(number, me.name, 'commented', { comment: body.comment }, {}) };
      case 'reopen':
        return {
          alert: alerts.review(
            number,
            me.name,
            'reopened',
            { reason: body.reason },
            { state: 'open', decision: null, decided_by: null, decided_at: null },
          ),
        };
      default:
        throw new Refusal(404, 'no-such-path', `no such path: ${act}`);
    }
  }

  private bulk(body: Bulk, me: Me): Answer {
    this.need(me, 'bulk');
    const open = (number: number) => this.alerts.stored.get(number)?.row.state === 'open';
    const numbers =
      body.numbers?.filter(open) ??
      this.alerts
        .find((body.filter ?? {}) as Record<string, string>, me.name, this.sees(me))
        .rows.map((row) => row.number);
    if (numbers.length !== body.expected) {
      throw new Refusal(409, 'count-differs', `expected ${body.expected} alerts, found ${numbers.length}`, {
        found: numbers.length,
      });
    }
    for (const number of numbers) {
      if ('decide' in body.act) {
        const { decision, reason, comment } = body.act.decide;
        this.alerts.decide(number, me.name, decision, reason, comment);
      } else {
        const { to } = body.act.assign;
        this.alerts.review(number, me.name, 'assigned', { to }, { assignee: to });
      }
    }
    return { status: 200, body: { changed: numbers.length } };
  }

  private users({ method, path, query, body }: Asked, me: Me, session: Session): Answer | undefined {
    if (!path.startsWith('/api/users')) return undefined;
    this.need(me, 'manage-users');
    const all = [...this.people.people.values()];
    if (method === 'GET') {
      // Two pages, so that whoever reads only the first is found out.
      const [from, to, next] = query.after === undefined || query.after === '0' ? [0, 5, 5] : [5, all.length, null];
      const kept = ([key]: [string, unknown]) => key !== 'password' && key !== 'pendingTotp';
      const users = all.slice(from, to).map((user) => Object.fromEntries(Object.entries(user).filter(kept)));
      return { status: 200, body: { users, next } };
    }
    this.needProof(session);
    if (path === '/api/users') {
      if (this.people.people.has(body.name))
        throw new Refusal(422, 'not-possible', `there is a user "${body.name}" already`);
      this.people.add(body.name, body.display, body.roles as Role[], {
        password: body.password_once,
        must_change_password: true,
        last_sign_in: null,
      });
      return { status: 201 };
    }
    const [, name = '', act] = /^\/api\/users\/([^/]+)\/(\w+)$/.exec(path) ?? [];
    const person = this.people.people.get(name);
    if (person === undefined) throw new Refusal(404, 'not-found', 'there is no such user');
    if (name === me.name) throw new Refusal(422, 'not-possible', 'nobody does this to themselves');
    if (act === 'roles') person.roles = body.roles;
    if (act === 'disable') person.disabled = true;
    if (act === 'enable') person.disabled = false;
    if (act === 'password') Object.assign(person, { password: body.password_once, must_change_password: true });
    return done;
  }

  private twoPersons({ method, path, query, body }: Asked, me: Me, session: Session): Answer | undefined {
    if (!path.startsWith('/api/requests')) return undefined;
    this.need(me, 'decide-requests');
    if (method === 'GET') {
      const view = (query.view ?? 'open') as AskedView;
      return { status: 200, body: this.requests.list(view, Number(query.before ?? Infinity), me.name) };
    }
    this.needProof(session);
    const [, text = '', act] = /^\/api\/requests\/(\d+)\/(decide|run)$/.exec(path) ?? [];
    const number = Number(text);
    const why = act === 'run' ? this.requests.run(number, me.name) : this.requests.decide(number, me.name, body);
    if (why !== null) throw new Refusal(...why);
    return { status: 200, body: this.requests.row(number, me.name) };
  }

  private overview({ path, query }: Asked, me: Me): Answer | undefined {
    if (path !== '/api/overview') return undefined;
    this.need(me, 'see-overview');
    const days = Number(query.days ?? 30);
    const day = (ago: number) => new Date(this.clock() - ago * 86_400_000).toISOString().slice(0, 10);
    const wave = (at: number, of: number) => Math.round(of * (1.2 + Math.sin(at / 2)) * (at % 7 < 2 ? 0.3 : 1));
    const ago = Array.from({ length: days }, (_, at) => days - 1 - at);
    const { rows } = this.alerts.find({ view: 'open' }, me.name, () => true);
    const rules = new Map<string, Overview['by_rule'][number]>();
    for (const { row } of this.alerts.stored.values()) {
      const { pack, policy, rule } = row;
      const known = rules.get(rule + pack) ?? { pack, policy, rule, open: 0, closed: 0, false_positives: 0 };
      known[row.state] += 1;
      if (row.decision === 'false-positive') known.false_positives += 1;
      rules.set(rule + pack, known);
    }
    const age = (row: AlertRow) => (this.clock() - Date.parse(row.opened_at)) / 3_600_000;
    const between = (from: number, to: number) => rows.filter((row) => age(row) >= from && age(row) < to).length;
    const body: Overview = {
      intake: ago.map((one) => ({ day: day(one), messages: wave(one, 9_400) })),
      opened: ago.flatMap((one) =>
        (['low', 'medium', 'high', 'critical', null] as const).map((severity, place) => ({
          day: day(one),
          severity,
          alerts: Math.floor(wave(one + place, 14) / (place + 1)),
        })),
      ),
      by_rule: [...rules.values()],
      open_by_age: [
        { bucket: '<4h', alerts: between(0, 4) },
        { bucket: '<24h', alerts: between(4, 24) },
        { bucket: '<72h', alerts: between(24, 72) },
        { bucket: '>=72h', alerts: between(72, 1e9) },
      ],
      reviewed_share: { opened: 1_840, looked_at: 1_702 },
      answered_within: { in_time: 1_511, late: 63 },
      held: rows.filter((row) => row.kind === 'held').length,
    };
    return { status: 200, body };
  }
}

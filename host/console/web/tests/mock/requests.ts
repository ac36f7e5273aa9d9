// The mock's requests of two persons: they stand as the archive would say, and it refuses whom it would refuse.

import type { Asked, AskedView } from '../../src/api/types';

const HOUR_MS = 3_600_000;

type Stored = Omit<Asked, 'may_approve' | 'may_refuse' | 'may_run'>;

const VIEWS: Readonly<Record<AskedView, readonly Asked['state'][]>> = {
  open: ['waits-for-approval', 'waits-for-its-time', 'may-run'],
  decided: ['refused', 'ended', 'in-force'],
  run: ['ran'],
};

/** Why a request was not decided on, or not run: the status, the code and the words of the API. */
export type Why = readonly [status: number, code: string, words: string];

export class MockRequests {
  readonly stored = new Map<number, Stored>();

  constructor(private readonly clock: () => number) {
    const two = { query: '"保本保息" after:2026-01-01', conversation: null, until: '2027-03-31', context: 2 };
    this.add({ act: 'disposal', messages: 512, rules: ['bank-cn/retention'], reason: '2021 年度到期消息' });
    this.add({
      act: 'export',
      messages: 38,
      export: { ...two, to: '上海市金融法院', masked: true },
      reason: '案号 2026-0417，法院调取',
    });
    this.add({
      act: 'hold-release',
      hold: 7,
      note: 'Case 7 was settled',
      reason: 'The court closed the case',
      asked_by: 'person:lin.fei',
    });
    this.add({
      act: 'scoring',
      scoring: {
        assessment: 'PIA-2026-004',
        until: new Date(clock() + 200 * 24 * HOUR_MS).toISOString(),
        applications: ['departure-risk 1.2.0: bank/财富管理部'],
      },
      reason: '财富管理部离职风险，已做影响评估',
    });
    this.add({
      act: 'hold-release',
      hold: 3,
      note: 'Inquiry ended',
      reason: 'The regulator ended its inquiry',
      state: 'may-run',
      decision: { approved: true, at: this.hours(-1), by: 'person:lin.fei', note: 'Read the letter' },
    });
  }

  private hours(from: number): string {
    return new Date(this.clock() + from * HOUR_MS).toISOString();
  }

  add(more: Pick<Stored, 'act' | 'reason'> & Partial<Stored>): void {
    const number = this.stored.size + 1;
    this.stored.set(number, {
      number,
      tenant: 'bank',
      digest: `sha256:${number.toString(16).padStart(2, '0').repeat(32)}`,
      messages: null,
      rules: [],
      hold: null,
      note: null,
      export: null,
      scoring: null,
      second_person: true,
      state: 'waits-for-approval',
      asked_at: this.hours(number - 30),
      asked_by: 'person:gao.ming',
      not_before: this.hours(number - 30),
      ends_at: this.hours(24 * number + 90),
      decision: null,
      run_at: null,
      run_by: null,
      ...more,
    });
  }

  /** A request as this person gets it. */
  row(number: number, name: string): Asked | undefined {
    const one = this.stored.get(number);
    if (one === undefined) return undefined;
    const waits = one.decision === null && VIEWS.open.includes(one.state);
    return {
      ...one,
      may_approve: waits && one.asked_by !== `person:${name}`,
      may_refuse: waits,
      may_run: one.state === 'may-run' && (one.act === 'disposal' || one.act === 'hold-release'),
    };
  }

  /** The requests of a view, the latest first, four a page: whoever reads only the first is found out. */
  list(view: AskedView, before: number, name: string): { requests: Asked[]; next: number | null } {
    const all = [...this.stored.keys()]
      .reverse()
      .flatMap((number) => this.row(number, name) ?? [])
      .filter((one) => VIEWS[view].includes(one.state) && one.number < before);
    const requests = all.slice(0, 4);
    return { requests, next: all.length > requests.length ? (requests.at(-1)?.number ?? null) : null };
  }

  decide(number: number, name: string, body: { digest: string; approve: boolean; note: string }): Why | null {
    const one = this.stored.get(number);
    if (one === undefined) return [404, 'not-found', `there is no request ${number}`];
    if (body.digest !== one.digest) return [409, 'changed', `request ${number} asks for another act: look at it again`];
    if (one.decision !== null) return [422, 'not-possible', `request ${number} was decided by ${one.decision.by}`];
    const by = `person:${name}`;
    if (body.approve && one.asked_by === by) {
      return [422, 'not-possible', `${by} made request ${number} and cannot approve it: somebody else has to`];
    }
    one.decision = { approved: body.approve, at: this.hours(0), by, note: body.note };
    one.state = body.approve ? (one.act === 'scoring' ? 'in-force' : 'may-run') : 'refused';
    return null;
  }

  run(number: number, name: string): Why | null {
    const one = this.stored.get(number);
    if (one === undefined) return [404, 'not-found', `there is no request ${number}`];
    if (one.state !== 'may-run') {
      return [422, 'not-possible', `request ${number} waits for somebody else to approve it`];
    }
    Object.assign(one, { state: 'ran', run_at: this.hours(0), run_by: `person:${name}` } satisfies Partial<Stored>);
    return null;
  }
}

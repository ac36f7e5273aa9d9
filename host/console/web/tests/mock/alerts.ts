// The mock's alerts: made from scenes, with the versions, views and filters that the contract asks for.

import type { Alert, AlertRow, Counts, Decision, Finding, Near, Review, View } from '../../src/api/types';
import { SCENES, type Scene } from './scenes';

const HOUR = 3_600_000;
const RANK = { low: 1, medium: 2, high: 3, critical: 4 } as const;

interface Stored {
  row: AlertRow;
  scene: Scene | null;
  reviews: Review[];
  department: string;
}

const pseudonym = (kind: '员工' | '客户', seed: number) =>
  `${kind}-${(((seed * 2654435761) >>> 8) % 0xfffff).toString(16).padStart(5, '0')}`;
const iso = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

function spansOf(text: string, hits: readonly string[]): { start: number; end: number }[] {
  return hits.map((hit) => {
    const start = text.indexOf(hit);
    if (start < 0) throw new Error(`a scene's hit does not stand in its text: ${hit}`);
    return { start, end: start + hit.length };
  });
}

export class MockAlerts {
  readonly stored = new Map<number, Stored>();
  readonly opened: number[] = [];
  /** Alerts whose message is gone, or is kept for the law alone. */
  readonly gone = new Set<number>();
  private last = 0;

  constructor(private readonly clock: () => number) {}

  /** Opens alerts as messages that came in would. `hoursAgo` spreads them. */
  arrive(count: number, hoursAgo: (place: number) => number = () => 0): void {
    for (let place = 0; place < count; place += 1) {
      this.last += 1;
      const number = this.last;
      const held = number % 17 === 0;
      const scene = SCENES[(number * 5) % SCENES.length] as Scene;
      const opened = this.clock() - hoursAgo(place) * HOUR;
      const broker = scene.pack === 'broker-us';
      const row: AlertRow = {
        number,
        kind: held ? 'held' : 'finding',
        tenant: broker ? 'broker' : 'bank',
        channel: broker ? 'mail' : 'wecom',
        severity: held ? null : scene.severity,
        pack: held ? '' : scene.pack,
        policy: held ? '' : scene.policy,
        rule: held ? '' : scene.rule,
        message: 40_000 + number * 7,
        sent_at: iso(opened - 90_000),
        opened_at: iso(opened),
        due_at: iso(opened + 24 * HOUR),
        overdue: false,
        state: 'open',
        escalated: false,
        assignee: number % 5 === 0 ? 'chen.yu' : null,
        decision: null,
        decided_by: null,
        decided_at: null,
        from: pseudonym('员工', number % 23),
        conversation: `C-${((number % 11) * 7919 + 0x1a2b).toString(16)}`,
        version: 0,
      };
      this.stored.set(number, {
        row,
        scene: held ? null : scene,
        reviews: [],
        department: number % 2 === 0 ? '零售部' : '对公部',
      });
    }
  }

  row(number: number): AlertRow {
    const { row } = this.get(number);
    return { ...row, overdue: row.state === 'open' && Date.parse(row.due_at) < this.clock() };
  }

  get(number: number): Stored {
    const found = this.stored.get(number);
    if (found === undefined) throw new Error(`no alert ${number}`);
    return found;
  }

  /** An entry of an alert's history, and with it a new version. */
  review(number: number, by: string, act: Review['act'], more: Partial<Review>, change: Partial<AlertRow>): AlertRow {
    const stored = this.get(number);
    stored.reviews.push({
      number: stored.reviews.length + 1,
      at: iso(this.clock()),
      by: `person:${by}`,
      act,
      decision: null,
      reason: null,
      comment: null,
      to: null,
      ...more,
    });
    stored.row = { ...stored.row, ...change, version: stored.row.version + 1 };
    return this.row(number);
  }

  decide(number: number, by: string, decision: Decision, reason: string | null, comment: string | null): AlertRow {
    const told = { decision, decided_by: `person:${by}`, decided_at: iso(this.clock()) };
    const escalate = decision === 'escalate';
    return this.review(
      number,
      by,
      escalate ? 'escalated' : 'decided',
      { decision, reason, comment },
      escalate ? { ...told, escalated: true, assignee: null } : { ...told, state: 'closed' },
    );
  }

  private fits(row: AlertRow, view: View, me: string): boolean {
    if (view === 'closed') return row.state === 'closed';
    if (row.state !== 'open') return false;
    switch (view) {
      case 'mine':
        return row.assignee === me;
      case 'unassigned':
        return row.assignee === null;
      case 'overdue':
        return row.overdue;
      case 'held':
        return row.kind === 'held';
      case 'escalated':
        return row.escalated;
      default:
        return true;
    }
  }

  /** All rows of a filter, whatever the view; and those of the view, in order. */
  find(
    filter: Readonly<Record<string, string | undefined>>,
    me: string,
    sees: (row: AlertRow, department: string) => boolean,
  ) {
    const all = [...this.stored.values()].flatMap(({ row: { number }, department }) => {
      const row = this.row(number);
      const wrong =
        (['tenant', 'severity', 'pack', 'rule', 'conversation'] as const).some(
          (key) => filter[key] !== undefined && filter[key] !== row[key],
        ) ||
        (filter.department !== undefined && filter.department !== department) ||
        (filter.q_from !== undefined && row.sent_at < filter.q_from) ||
        (filter.q_to !== undefined && row.sent_at >= filter.q_to);
      return wrong || !sees(row, department) ? [] : [row];
    });
    const view = (filter.view ?? 'open') as View;
    const count = (of: View) => all.filter((row) => this.fits(row, of, me)).length;
    const counts: Counts = {
      open: count('open'),
      mine: count('mine'),
      unassigned: count('unassigned'),
      overdue: count('overdue'),
      held: count('held'),
      escalated: count('escalated'),
    };
    const rows = all.filter((row) => this.fits(row, view, me));
    const by = filter.sort ?? 'due';
    rows.sort((a, b) => {
      if (by === 'severity') return RANK[b.severity ?? 'low'] - RANK[a.severity ?? 'low'] || a.number - b.number;
      if (by === 'opened') return b.opened_at.localeCompare(a.opened_at) || b.number - a.number;
      return a.due_at.localeCompare(b.due_at) || a.number - b.number;
    });
    return { rows, counts };
  }

  item(number: number): Alert {
    const { scene, reviews } = this.get(number);
    const row = this.row(number);
    this.opened.push(number);
    const other = pseudonym('客户', (number % 23) + 40);
    const text = scene?.text ?? '【图片】请问这个回执还有效吗？';
    // The message itself has the place 0, and they speak in turn.
    const theirs = (place: number) => place % 2 !== 0;
    const near = (texts: readonly string[], from: number, step: number): Near[] =>
      texts.map((one, place) => ({
        number: row.message + from + place,
        from: theirs(from + place) ? other : row.from,
        sent_at: iso(Date.parse(row.sent_at) + (from + place) * step),
        text: one,
        direction: theirs(from + place) ? 'inbound' : 'outbound',
      }));
    const more = ['早上好。', 'Good morning.', '上次的材料收到了吗？', '收到了，谢谢。', 'See you at ten.'];
    const before = [...more, ...(scene?.before ?? ['在吗？', '在的。'])];
    const after = [...(scene?.after ?? ['稍等，我查一下。']), ...more];
    const findings: Finding[] = [];
    if (scene !== null) {
      const { pack, policy, also } = scene;
      const spans = spansOf(text, scene.hits);
      findings.push({
        pack,
        policy,
        rule: scene.rule,
        severity: scene.severity,
        reason: scene.reason,
        spans,
        shadow: false,
      });
      if (also !== undefined) {
        const { rule, severity, reason } = also;
        findings.push({
          pack,
          policy,
          rule,
          severity,
          reason,
          spans: spansOf(text, also.hits),
          shadow: severity === 'low',
        });
      }
    }
    const same = [...this.stored.values()]
      .map((one) => one.row)
      .filter(
        (one) =>
          one.rule === row.rule &&
          one.conversation === row.conversation &&
          one.decision !== null &&
          one.number !== number,
      );
    const whole: Alert = {
      alert: row,
      message: {
        id: `${row.channel}:m-${row.message}`,
        sent_at: row.sent_at,
        received_at: iso(Date.parse(row.sent_at) + 4000),
        kind: 'text',
        direction: 'outbound',
        text,
        from: row.from,
        to: [other],
        conversation: row.conversation,
        attachments: number % 6 === 0 ? [{ name: '产品说明书.pdf', bytes: 482_113 }] : [],
      },
      findings,
      context: { before: near(before, -before.length, 60_000), after: near(after, 1, 60_000) },
      retention: {
        keep_until: iso(Date.parse(row.sent_at) + 5 * 365 * 24 * HOUR).slice(0, 10),
        law: scene?.law ?? '',
        article: scene?.article ?? '',
      },
      generation: 'sha256:7c2e19a4b5d03f8861e0c4a7d92b53f16a08e7c4d1b29f3a5560c8e4fb7d1a32',
      reviews,
      same_rule: same.slice(-5).map((one) => ({
        number: one.number,
        decision: one.decision as Decision,
        decided_at: one.decided_at ?? row.opened_at,
        decided_by: one.decided_by ?? '',
      })),
      masked: true,
    };
    if (!this.gone.has(number)) return whole;
    return { ...whole, message: null, findings: [], context: { before: [], after: [] } };
  }
}

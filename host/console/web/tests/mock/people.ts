// The mock's users and sessions, and which rights a role has.

import { randomBytes } from 'node:crypto';
import type { Me, Right, Role, RoleName, User } from '../../src/api/types';

/** The code that the mock takes for right at any time. */
export const CODE = '246810';
export const PASSWORD = 'correct horse battery';

export const RIGHTS: Readonly<Record<RoleName, readonly Right[]>> = {
  employee: ['see-own'],
  manager: ['see-alerts', 'see-overview'],
  reviewer: ['see-alerts', 'decide', 'assign', 'see-overview'],
  'compliance-lead': [
    'see-alerts',
    'decide',
    'assign',
    'see-overview',
    'bulk',
    'see-policies',
    'see-log',
    'decide-requests',
  ],
  hr: [],
  operator: ['see-policies', 'see-overview'],
  auditor: ['see-log', 'see-overview'],
  administrator: ['manage-users'],
};

export interface Person extends User {
  password: string;
  pendingTotp: boolean;
}

export interface Session {
  number: number;
  name: string;
  csrf: string;
  opened_at: string;
  ends_at: string;
  step_up_until: string | null;
}

const role = (name: RoleName, tenant: string | null, departments: string[] = []): Role => ({
  role: name,
  tenant,
  departments,
});

export class MockPeople {
  readonly people = new Map<string, Person>();
  readonly sessions = new Map<string, Session>();
  failures = 0;
  private last = 0;

  constructor(private readonly clock: () => number) {
    this.add('lin.fei', '林菲', [role('compliance-lead', 'bank'), role('compliance-lead', 'broker')]);
    this.add('chen.yu', '陈宇', [role('reviewer', 'bank', ['零售部'])]);
    this.add('mia.hart', 'Mia Hart', [role('reviewer', 'broker')], { totp: true });
    this.add('zhao.min', '赵敏', [role('manager', 'bank', ['对公部'])]);
    this.add('sun.li', '孙丽', [role('employee', 'bank')]);
    this.add('root.wang', '王管理', [role('administrator', null)]);
    this.add('new.hire', '新同事', [role('reviewer', 'bank')], { must_change_password: true, last_sign_in: null });
    this.add('old.hand', '老赵', [role('reviewer', 'bank')], { disabled: true });
    this.add('ann.audit', 'Ann Audit', [role('auditor', null)]);
  }

  add(
    name: string,
    display: string,
    roles: Role[],
    more: { [key in keyof Person]?: Exclude<Person[key], undefined> } = {},
  ): void {
    this.people.set(name, {
      name,
      display,
      roles,
      person: null,
      added_at: new Date(this.clock() - 30 * 86_400_000).toISOString(),
      added_by: 'person:root.wang',
      disabled: false,
      disabled_at: null,
      totp: false,
      must_change_password: false,
      last_sign_in: new Date(this.clock() - 7_200_000).toISOString(),
      password: PASSWORD,
      pendingTotp: false,
      ...more,
    } satisfies Person);
  }

  open(name: string): { cookie: string; session: Session } {
    const cookie = randomBytes(32).toString('hex');
    this.last += 1;
    const session: Session = {
      number: this.last,
      name,
      csrf: randomBytes(16).toString('hex'),
      opened_at: new Date(this.clock()).toISOString(),
      ends_at: new Date(this.clock() + 12 * 3_600_000).toISOString(),
      step_up_until: null,
    };
    this.sessions.set(cookie, session);
    return { cookie, session };
  }

  me(session: Session): Me {
    const person = this.people.get(session.name);
    if (person === undefined) throw new Error('a session of nobody');
    const { number, opened_at, ends_at, step_up_until } = session;
    return {
      name: person.name,
      display: person.display,
      roles: person.roles,
      rights: [...new Set(person.roles.flatMap((one) => RIGHTS[one.role]))],
      csrf: session.csrf,
      session: { number, opened_at, ends_at, step_up_until },
      totp: person.totp,
      must_change_password: person.must_change_password,
    };
  }
}

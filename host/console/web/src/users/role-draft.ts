// A role while it is being written, and what may be said with which role.

import type { Role, RoleName } from '../api/types';

export const ROLES = [
  'employee',
  'manager',
  'reviewer',
  'compliance-lead',
  'hr',
  'operator',
  'auditor',
  'administrator',
] as const satisfies RoleName[];

export interface RoleDraft {
  readonly role: RoleName;
  readonly tenant: string;
  /** As written: with commas between them. */
  readonly departments: string;
}

export const DRAFT: RoleDraft = { role: 'reviewer', tenant: '', departments: '' };

/** Those that are always for all tenants: whoever gives roles can give himself any. */
export const isForAll = (role: RoleName) => role === 'administrator';

/** Those that need not name a tenant. */
export const mayBeForAll = (role: RoleName) => role === 'operator' || role === 'auditor' || role === 'administrator';

/** Those that may be narrowed to departments. */
export const mayHaveDepartments = (role: RoleName) => role === 'reviewer' || role === 'manager';

/** Departments as written: a comma of either script parts them. */
export const departmentsOf = (text: string) => [
  ...new Set(
    text
      .split(/[,，、]/)
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  ),
];

export const draftOf = (role: Role): RoleDraft => ({
  role: role.role,
  tenant: role.tenant ?? '',
  departments: role.departments.join(', '),
});

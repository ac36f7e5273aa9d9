import { expect, test } from 'vitest';
import { problemOf } from '../../src/api/problem';
import { languageOf } from '../../src/logic/language';
import { isReason, REASONS } from '../../src/logic/reasons';
import { whoOf } from '../../src/logic/who';
import { landingOf, pagesOf } from '../../src/logic/rights';
import { makePassword } from '../../src/users/make-password';
import { departmentsOf, mayBeForAll, mayHaveDepartments, ROLES } from '../../src/users/role-draft';
import { RIGHTS } from '../mock/people';

test.each([
  ['reviewer', ['/alerts', '/overview', '/account']],
  ['compliance-lead', ['/alerts', '/overview', '/requests', '/account']],
  ['manager', ['/alerts', '/overview', '/account']],
  ['operator', ['/overview', '/account']],
  ['auditor', ['/overview', '/account']],
  ['administrator', ['/users', '/account']],
  ['employee', ['/account']],
  ['hr', ['/account']],
] as const)('a %s is offered the pages of the role and no other, and lands on the first', (role, pages) => {
  const me = { rights: [...RIGHTS[role]] };
  expect(pagesOf(me).map((page) => page.path)).toEqual(pages);
  expect(landingOf(me)).toBe(pages[0]);
});

test.each([
  [['zh-TW', 'en'], 'zh-CN'],
  [['zh'], 'zh-CN'],
  [['en-GB', 'zh-CN'], 'en'],
  [['fr', 'zh-CN'], 'zh-CN'],
  [['fr', 'de'], 'en'],
  [[], 'en'],
])('a browser that asks for %j reads %s', (asked, language) => {
  expect(languageOf(asked)).toBe(language);
});

test('a user of the console is told by name, and anything else by all that the log says', () => {
  expect([whoOf('person:lin.fei'), whoOf('token:console'), whoOf('lin.fei')]).toEqual([
    'lin.fei',
    'token:console',
    'lin.fei',
  ]);
});

test('only roles over all tenants may leave the tenant out, and only two may be narrowed', () => {
  expect(ROLES.filter(mayBeForAll)).toEqual(['operator', 'auditor', 'administrator']);
  expect(ROLES.filter(mayHaveDepartments)).toEqual(['manager', 'reviewer']);
});

test('departments are parted by the commas of either script', () => {
  expect(departmentsOf('零售部，对公部, 零售部、 ,信贷部')).toEqual(['零售部', '对公部', '信贷部']);
  expect(departmentsOf(' ')).toEqual([]);
});

test('a password for one use is long enough, can be read aloud, and is another each time', () => {
  const made = Array.from({ length: 200 }, makePassword);
  for (const one of made) expect(one).toMatch(/^([a-km-np-z2-9]|[io]){5}(-[a-z2-9]{5}){3}$/);
  expect(made.join('')).not.toMatch(/[l01]/);
  expect(new Set(made).size).toBe(200);
});

test('every reason belongs to one decision', () => {
  const all = Object.values(REASONS).flat();
  expect(new Set(all).size).toBe(all.length);
  expect([isReason('quoted'), isReason('because')]).toEqual([true, false]);
});

test.each([
  [{ error: { code: 'changed', message: 'm' } }, 'changed', 'm', null, null],
  [{ error: { code: 'count-differs', message: 'm', found: 7 } }, 'count-differs', 'm', null, 7],
  [{ error: { code: 'fault', message: 'm', incident: 12 } }, 'fault', 'm', '12', null],
  ['<html>', 'unknown', 'HTTP 502', null, null],
  [undefined, 'unknown', 'HTTP 502', null, null],
  [{ error: {} }, 'unknown', 'HTTP 502', null, null],
])('the answer %j is told by its code, or as one that is not known', (body, code, words, incident, found) => {
  const met = problemOf(body, 502);
  expect([met.code, met.words, met.incident, met.found]).toEqual([code, words, incident, found]);
});

import { expect, test } from 'vitest';
import { requestsAddress, requestsPlaceOf, waysOf, whyNot } from '../../src/logic/requests';
import { codeOf } from '../../src/parts/secret-fields';
import { MockRequests } from '../mock/requests';

const requests = new MockRequests(() => Date.parse('2026-11-30T08:00:00Z'));
const row = (number: number, name: string) => {
  const found = requests.row(number, name);
  if (found === undefined) throw new Error(`no request ${number}`);
  return found;
};

test.each([
  ['', 'open', null, '/requests'],
  ['?view=decided&number=12', 'decided', 12, '/requests?view=decided&number=12'],
  ['?view=run', 'run', null, '/requests?view=run'],
  ['?view=all&number=-1', 'open', null, '/requests'],
  ['?view=open&number=0', 'open', null, '/requests'],
  ['?number=1e3', 'open', null, '/requests'],
])('the address %s is the view %s with request %s open', (search, view, number, address) => {
  const place = requestsPlaceOf(search);
  expect(place).toEqual({ view, number });
  expect(requestsAddress(place)).toBe(address);
});

test.each([
  ['one that somebody else asked for', 1, 'lin.fei', ['approve', 'refuse'], null],
  ['one of the reader', 3, 'lin.fei', ['refuse'], 'own'],
  ['one that was approved', 5, 'lin.fei', ['run'], null],
] as const)('%s is offered what the API says, and why no more', (_, number, name, ways, why) => {
  expect(waysOf(row(number, name))).toEqual(ways);
  expect(whyNot(row(number, name), name)).toBe(why);
});

test('an export that was approved is run at the command line', () => {
  const approved = { ...row(2, 'lin.fei'), state: 'may-run' as const, may_approve: false, may_refuse: false };
  expect(waysOf(approved)).toEqual([]);
  expect(whyNot(approved, 'lin.fei')).toBe('command-line');
});

test.each([' 246810 ', '246 810', '246\u00a0810\n', '2 4 6 8 1 0'])('the code %j is sent without spaces', (typed) => {
  expect(codeOf(typed)).toBe('246810');
});

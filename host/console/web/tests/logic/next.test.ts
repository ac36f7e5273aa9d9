import { expect, test } from 'vitest';
import { neighbour, nextToDo, placeIn } from '../../src/logic/next';

const rows = (states: string) =>
  Array.from(states, (state, place) => ({
    number: place + 1,
    state: state === 'o' ? ('open' as const) : ('closed' as const),
    escalated: false,
  }));

test.each<[string, string, number, number[], number | null]>([
  ['the one after it', 'ooo', 1, [], 2],
  ['over one that is closed', 'oco', 1, [], 3],
  ['over one that was just escalated and is still open', 'ooo', 1, [2], 3],
  ['from the beginning when the end is reached', 'ooo', 3, [], 1],
  ['none when all is done', 'occ', 1, [1], null],
  ['none but itself is none', 'o', 1, [], null],
  ['the first for one that is not in the list', 'coo', 9, [], 2],
])('next comes %s', (_, states, number, done, wanted) => {
  expect(nextToDo(rows(states), number, new Set(done))).toBe(wanted);
});

test('neighbours are those of the list, done or not, and end at its ends', () => {
  const list = rows('oco');
  expect([neighbour(list, 1, 1), neighbour(list, 3, -1), neighbour(list, 3, 1), neighbour(list, 1, -1)]).toEqual([
    2,
    2,
    null,
    null,
  ]);
  expect(neighbour(list, 9, 1)).toBeNull();
  expect([placeIn(list, 3), placeIn(list, 9)]).toEqual([3, null]);
});

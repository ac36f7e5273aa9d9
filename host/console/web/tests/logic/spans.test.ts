import { expect, test } from 'vitest';
import { pieces } from '../../src/logic/spans';

const cut = (text: string, spans: [number, number][]) =>
  pieces(
    text,
    spans.map(([start, end]) => ({ start, end })),
  ).map((piece) => `${piece.text}:${piece.marks.join('+')}`);

test.each<[string, string, [number, number][], string[]]>([
  ['no span leaves one piece', 'abc', [], ['abc:']],
  ['a span in the middle makes three', 'abcde', [[1, 3]], ['a:', 'bc:0', 'de:']],
  [
    'overlapping spans share a piece',
    'abcdef',
    [
      [0, 4],
      [2, 6],
    ],
    ['ab:0', 'cd:0+1', 'ef:1'],
  ],
  [
    'a span within another is marked twice',
    'abcdef',
    [
      [0, 6],
      [2, 3],
    ],
    ['ab:0', 'c:0+1', 'def:0'],
  ],
  [
    'equal spans are one piece of both',
    'abc',
    [
      [0, 3],
      [0, 3],
    ],
    ['abc:0+1'],
  ],
  ['an empty span marks nothing', 'abc', [[1, 1]], ['abc:']],
  ['a span that ends before it begins marks nothing', 'abc', [[2, 1]], ['abc:']],
  ['what lies outside the text is cut', 'abc', [[2, 99]], ['ab:', 'c:0']],
  ['a span inside a surrogate pair takes the whole character', '🤐a', [[1, 3]], ['🤐a:0']],
  ['a span that ends inside a surrogate pair takes it too', 'a🤐b', [[0, 2]], ['a🤐:0', 'b:']],
  ['right-to-left text is cut by its order in memory', 'قائمة abc', [[0, 5]], ['قائمة:0', ' abc:']],
  ['an empty text has one piece or none', '', [[0, 1]], []],
])('%s', (_, text, spans, wanted) => {
  expect(cut(text, spans)).toEqual(wanted);
});

test('the pieces of any spans are together the text', () => {
  const text = '王姐🤐您放心 you can’t lose قائمة';
  for (let start = -1; start <= text.length + 1; start += 1) {
    for (let end = -1; end <= text.length + 1; end += 1) {
      const found = pieces(text, [
        { start, end },
        { start: 3, end: 9 },
      ]);
      expect(found.map((piece) => piece.text).join('')).toBe(text);
      expect(found.every((piece) => piece.text.isWellFormed())).toBe(true);
    }
  }
});

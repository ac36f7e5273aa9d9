import { expect, test } from 'vitest';
import { actOf, DECISIONS, type Press } from '../../src/logic/keys';

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  keyCode: key.charCodeAt(0),
  isComposing: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  ...more,
});

test('1 to 5 are the five decisions in their order', () => {
  expect([1, 2, 3, 4, 5].map((key) => actOf(press(String(key)), 'page'))).toEqual(
    DECISIONS.map((decision) => ({ kind: 'decide', decision })),
  );
});

test.each([
  ['u', 'undo'],
  ['j', 'next'],
  ['k', 'previous'],
  ['a', 'assign'],
  ['c', 'comment'],
  ['?', 'help'],
  ['/', 'filter'],
  ['x', 'select'],
  ['Enter', 'open'],
])('%s asks for %s', (key, kind) => {
  expect(actOf(press(key), 'page')).toEqual({ kind });
});

test.each<[string, Press, 'page' | 'field' | 'dialog' | 'button']>([
  ['while an input method composes', press('1', { isComposing: true }), 'page'],
  ['while an input method has the key in hand', press('1', { keyCode: 229 }), 'page'],
  ['in a field', press('1'), 'field'],
  ['in a dialog', press('1'), 'dialog'],
  ['with Ctrl', press('1', { ctrlKey: true }), 'page'],
  ['with the command key', press('c', { metaKey: true }), 'page'],
  ['with Alt', press('a', { altKey: true }), 'page'],
  ['when a decision’s key is held down', press('2', { repeat: true }), 'page'],
  ['on Enter where a button has it', press('Enter'), 'button'],
  ['on a key that has no meaning', press('6'), 'page'],
  ['on a name that every object has', press('constructor'), 'page'],
])('nothing happens %s', (_, event, target) => {
  expect(actOf(event, target)).toBeNull();
});

test('a key that goes on may be held down, and a decision may be made while a button has the focus', () => {
  expect(actOf(press('j', { repeat: true }), 'page')).toEqual({ kind: 'next' });
  expect(actOf(press('2'), 'button')).toEqual({ kind: 'decide', decision: 'violation' });
});

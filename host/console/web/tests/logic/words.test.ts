// The words of the pages: both languages have the same keys, each key is used, and each that is used is there.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import en from '../../src/i18n/en.json';
import zh from '../../src/i18n/zh-CN.json';
import { formatsOf } from '../../src/logic/format';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && !file.endsWith('generated.ts'),
);
const source = files.map((file) => readFileSync(join(SRC, file), 'utf8')).join('\n');

/** Without the ending that a number asks for. */
const plain = (key: string) => key.replace(/_(one|other)$/, '');
const keysOf = (words: Record<string, string>) => [...new Set(Object.keys(words).map(plain))].sort();
const placesOf = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? '').sort();

test('both languages have the same keys', () => {
  expect(keysOf(zh)).toEqual(keysOf(en));
});

test('both languages have the same places for values in a text', () => {
  const chinese: Record<string, string> = zh;
  const differing = Object.entries(en).flatMap(([key, text]) => {
    const other = chinese[key] ?? chinese[`${plain(key)}_other`] ?? '';
    // "Select the only one" has no place for its number.
    if (key.endsWith('_one')) return [];
    return placesOf(text).join() === placesOf(other).join() ? [] : [key];
  });
  expect(differing).toEqual([]);
});

test('no text is empty, and none of the Chinese ones is the English one', () => {
  const chinese: Record<string, string> = zh;
  for (const [key, text] of Object.entries(en)) {
    expect(text.trim(), key).not.toBe('');
    if (key !== 'app.title') expect(chinese[key], key).not.toBe(text);
  }
});

test('every key is used, by its name or by what stands before its last part', () => {
  const written = new Set([...source.matchAll(/['"`]([a-zA-Z]+\.[\w.<>=-]+)['"`]/g)].map(([, key]) => key));
  const made = [...source.matchAll(/`([a-zA-Z]+\.)\$\{[^}]+\}([\w.]*)`/g)].map(
    ([, start = '', end = '']) => new RegExp(`^${start.replace('.', '\\.')}[^.]+${end.replace('.', '\\.')}$`),
  );
  const unused = keysOf(en).filter((key) => !written.has(key) && !made.some((form) => form.test(key)));
  expect(unused).toEqual([]);
});

test('every key that the source names is there', () => {
  const keys = new Set(keysOf(en));
  const named = [...source.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key]) => key ?? '');
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter((key) => !keys.has(key))).toEqual([]);
});

test('a day without a moment is the same day in every zone', () => {
  expect(formatsOf('en').plainDay('2026-11-30')).toBe('Nov 30');
  expect(formatsOf('zh-CN').plainDay('2026-01-01')).toBe('1月1日');
});

test('every code of the API that the pages know has words, and no other code has', () => {
  const list = /KNOWN_CODES = \[([^\]]+)\]/.exec(source)?.[1] ?? '';
  const codes = [...list.matchAll(/'([\w-]+)'/g)].map(([, code]) => code ?? '');
  const worded = keysOf(en).filter((key) => key.startsWith('error.'));
  const sentences = ['error.incident', 'error.serverSays', 'error.unknown'];
  expect(worded).toEqual([...codes.map((code) => `error.${code}`), ...sentences].sort());
});

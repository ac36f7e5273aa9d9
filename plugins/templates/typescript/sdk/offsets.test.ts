// `npm test` runs these.

import assert from "node:assert";
import { test } from "node:test";
import { Offsets } from "./offsets";

test("bytes and units agree at every border, in any order", () => {
  const text = "\ufeffaé中🎉ｗ𝟘\ufeffz";
  const borders: [number, number][] = [];
  let unit = 0;
  for (const character of [...text, ""]) {
    borders.push([Buffer.byteLength(text.slice(0, unit)), unit]);
    unit += character.length;
  }
  assert.strictEqual(borders.at(-1)?.[0], Buffer.byteLength(text));
  const offsets = new Offsets(text);
  for (const [byte, unit] of borders) {
    for (const [otherByte, otherUnit] of borders) {
      assert.strictEqual(offsets.unit(byte), unit);
      assert.strictEqual(offsets.byte(otherUnit), otherByte);
    }
  }
});

test("what is behind the end is the end", () => {
  assert.strictEqual(new Offsets("中").unit(99), 1);
  assert.strictEqual(new Offsets("中").byte(99), 3);
});

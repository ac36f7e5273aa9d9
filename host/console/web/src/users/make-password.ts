// Makes a password for one use, which can be read over a telephone: four groups of five characters.

/** Without those that are taken for each other. 32 of them: each is five bits, and no remainder favours any. */
const CHARACTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
const LENGTH = 20;
const GROUP = 5;

/** 100 random bits. */
export function makePassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
  const characters = [...bytes].map((byte) => CHARACTERS[byte % CHARACTERS.length] ?? '');
  const groups: string[] = [];
  for (let at = 0; at < LENGTH; at += GROUP) groups.push(characters.slice(at, at + GROUP).join(''));
  return groups.join('-');
}

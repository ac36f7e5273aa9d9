// Spans are in bytes of UTF-8, JavaScript counts units of UTF-16: 中 has 3 bytes and 1 unit, 🎉 4 bytes and 2 units. The engine's own
// coders do the counting: a loop over characters would be interpreted.

// The engine has these two; TypeScript's library of the language does not know them.
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(encoding: "utf-8", options: { ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}

const ENCODER = new TextEncoder();
/** A mark at the beginning of a text is a character like any other. */
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** Places of one text, in bytes and in units. Where the last question left off the next one goes on, so that places in order cost one pass. */
export class Offsets {
  readonly #bytes: Uint8Array;
  #byte = 0;
  #unit = 0;

  constructor(readonly text: string) {
    this.#bytes = ENCODER.encode(text);
  }

  /** The unit at a byte; the end for one that is behind it. */
  unit(byte: number): number {
    byte = Math.min(byte, this.#bytes.length);
    if (byte >= this.#byte) this.#unit += DECODER.decode(this.#bytes.subarray(this.#byte, byte)).length;
    else this.#unit -= DECODER.decode(this.#bytes.subarray(byte, this.#byte)).length;
    this.#byte = byte;
    return this.#unit;
  }

  /** The byte at a unit; the end for one that is behind it. */
  byte(unit: number): number {
    unit = Math.min(unit, this.text.length);
    if (unit >= this.#unit) this.#byte += ENCODER.encode(this.text.slice(this.#unit, unit)).length;
    else this.#byte -= ENCODER.encode(this.text.slice(unit, this.#unit)).length;
    this.#unit = unit;
    return this.#byte;
  }
}

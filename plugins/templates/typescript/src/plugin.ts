// Finds promised rates of return: a word of a list, and behind it, in the same sentence, a percentage that is too high.

import { plugin, type Finding, type Lists, type MessageView } from "../sdk/proviso";

/** The settings, as settings.schema.json describes them. */
interface Settings {
  list: string;
  at_least: number;
}

// Expressions are made once, and look at a text from their `lastIndex` on: an expression in a function is made for every message.
/** What is left of a sentence, at most 40 characters. */
const SENTENCE = /[^。！？；!?;]{0,40}/uy;
const RATE = /([0-9]+)[0-9.]* ?[%％]/g;

export const { lifecycle, rules } = plugin((settings: Settings, lists: Lists) => {
  const list = lists.index(settings.list, "/list");
  return function* evaluate(message: MessageView): Iterable<Finding> {
    for (const hit of message.hitsOf(list)) {
      const end = rateEnd(message.text, message.unitAt(hit.span.end), settings.at_least);
      if (end === undefined) continue;
      yield {
        rule: "promised-rate",
        severity: "high",
        spans: [{ start: hit.span.start, end: message.byteAt(end) }],
        reasons: {
          zh: `承诺的收益率不低于 ${settings.at_least}%`,
          en: `promises a return of ${settings.at_least} % or more`,
        },
      };
      return;
    }
  };
});

/** Where the first rate of at least so many per cent ends in the sentence that goes on at `from`, in UTF-16 units. */
function rateEnd(text: string, from: number, atLeast: number): number | undefined {
  SENTENCE.lastIndex = from;
  const sentence = SENTENCE.exec(text)?.[0] ?? "";
  RATE.lastIndex = 0;
  for (let rate = RATE.exec(sentence); rate !== null; rate = RATE.exec(sentence)) {
    if (Number(rate[1]) >= atLeast) return from + RATE.lastIndex;
  }
  return undefined;
}

// What a plugin of rules needs: settings and lists in, findings out. The contract itself is in target/contract.d.ts, which
// `proviso pack build` makes.

import type { Finding as ContractFinding, Hit, Message, Severity, Span } from "proviso:policy/types@0.1.0";
import type { ListInfo } from "proviso:policy/lifecycle@0.1.0";
import { write } from "proviso:policy/log@0.1.0";
import { Offsets } from "./offsets";

export type { Hit, Message, Severity, Span };

/** Something that a person should know of. */
export interface Finding {
  /** 1 to 64 bytes of `a-z 0-9 -`. */
  rule: string;
  severity: Severity;
  /** Where in the message's text, in bytes, at most 16; see `MessageView.byteAt`. */
  spans?: Span[];
  /** Why, in one language at least: 1 to 1,024 bytes without line breaks. */
  reasons: { zh?: string; en?: string };
}

/** What is wrong with a setting. Thrown in the function that `plugin` is given, it reaches the operator. */
export class SettingProblem {
  /** `pointer` is a JSON Pointer into the settings, empty for the whole. */
  constructor(
    readonly pointer: string,
    readonly message: string,
  ) {}
}

/** The lists that the manifest names for this policy. */
export class Lists {
  constructor(readonly all: ListInfo[]) {}

  /** The index of a list, which is what `Hit.list` carries. A name that is not there is a problem of the setting at `pointer`. */
  index(name: string, pointer: string): number {
    const index = this.all.findIndex((list) => list.name === name);
    if (index >= 0) return index;
    const names = this.all.map((list) => `"${list.name}"`).join(", ");
    throw new SettingProblem(pointer, `no list "${name}": the manifest names ${names || "none"}`);
  }
}

/** A message to be judged. Its spans are in bytes of UTF-8, and text in JavaScript is in units of UTF-16. */
export class MessageView {
  #offsets: Offsets | undefined;

  constructor(readonly message: Message) {}

  /** All text that a person reads in it. */
  get text(): string {
    return this.message.text;
  }

  /** The hits of one list, ordered by start. */
  hitsOf(list: number): Hit[] {
    return this.message.hits.filter((hit) => hit.list === list);
  }

  /** The text of a span. */
  textOf(span: Span): string {
    return this.text.slice(this.unitAt(span.start), this.unitAt(span.end));
  }

  /** Where in `text` the byte stands that a span names. */
  unitAt(byte: number): number {
    return (this.#offsets ??= new Offsets(this.text)).unit(byte);
  }

  /** The byte that a span names for a place in `text`. */
  byteAt(unit: number): number {
    return (this.#offsets ??= new Offsets(this.text)).byte(unit);
  }
}

/** Judges one message: at most 64 findings. Nothing that it changes is seen by the next call, so it must not keep anything. */
export type Evaluate = (message: MessageView) => Iterable<Finding>;

/**
 * What src/plugin.ts exports. `configure` is called once for every generation, before the plugin is frozen; what it gives judges
 * every message.
 */
export function plugin<Settings>(configure: (settings: Settings, lists: Lists) => Evaluate) {
  let evaluate: Evaluate | undefined;
  const lifecycle: typeof import("proviso:policy/lifecycle@0.1.0") = {
    configure(settings, lists) {
      try {
        evaluate = configure(JSON.parse(settings), new Lists(lists));
        // What the engine compiles when a function runs first is frozen with the plugin, and is there in every call.
        for (const finding of evaluate(new MessageView(rehearsal(lists.length)))) toContract(finding, 0);
      } catch (problem) {
        // What is thrown here other than an Error is the contract's own answer: a list of problems.
        if (!(problem instanceof SettingProblem)) throw problem;
        throw [{ pointer: problem.pointer, message: problem.message }];
      }
    },
  };
  const rules: typeof import("proviso:policy/rules@0.1.0") = {
    evaluate(messages) {
      const judge = evaluate;
      if (judge === undefined) throw { tag: "not-configured" };
      return messages.flatMap((message, index) => [...judge(new MessageView(message))].map((finding) => toContract(finding, index)));
    },
  };
  return { lifecycle, rules };
}

/** A message that says nothing and has a hit of each list, for the one call that nobody hears of. */
function rehearsal(lists: number): Message {
  const hits = Array.from({ length: lists }, (_, list) => ({ list, term: 0, span: { start: 0, end: 3 } }));
  const nobody = { id: "", class: "unknown", department: "" } as const;
  return {
    id: "",
    kind: "text",
    direction: "unknown",
    sentAt: 0n,
    sender: nobody,
    recipients: [],
    conversation: "",
    text: "⋯ 0 ⋯",
    attachments: [],
    links: [],
    hits,
    truncated: false,
    preceding: [],
  };
}

function toContract(finding: Finding, message: number): ContractFinding {
  const reasons = (["zh", "en"] as const).flatMap((language) => {
    const text = finding.reasons[language];
    return text === undefined ? [] : [{ language, text }];
  });
  return { message, rule: finding.rule, severity: finding.severity, spans: finding.spans ?? [], reasons };
}

/** Writes a line that `proviso pack test` shows. */
export function log(line: string): void {
  write("info", line);
}

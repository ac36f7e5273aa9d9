
// The page and its worker: the worker is this script once more. What an export says becomes text and never markup.
"use strict";

// What is said by the page itself. What is said of an export comes from the module.
const WORDS = {
  zh: {
    title: "核验证据导出",
    lead: "核对一份 Proviso 存档的导出文件：是否完整、未经改动、出自该存档，以及审计日志何时记载。",
    key: "日志公钥（可不填）",
    keyHelp: "请向该机构另行索取，不要用随导出一起收到的那一份。不填也能核验，结果会列出签名公钥，由您自行比对。",
    choose: "选择导出文件",
    orDrop: "或把 .tar 拖到这里",
    chosen: (name, size) => `${name}，${size}`,
    again: "再核验一次",
    stop: "停止",
    reading: (part) => `正在读取成员文件：${part}`,
    looking: (count) => `正在核对消息：已看 ${count} 条`,
    whole: "完整：由您给出的公钥签名",
    open: "完整：签名公钥尚待比对",
    altered: "已改动",
    unread: "未能核验",
    broken: "核验中断：浏览器内存不足，或者无法运行此页的程序。命令行程序 proviso-verify 可以核验同一文件。",
    stopped: "已停止，没有结果。",
    faults: "不符之处",
    about: "导出自述与签名",
    save: "保存这份结果",
    took: (seconds) => `用时 ${seconds} 秒`,
    local: "文件只在本机读取：此页不联网，不发送、不保存任何内容。",
    limits: "核验不能说明：机构是否存下了每条消息，时钟是否准确，账号背后是谁，裁定是否正确。",
  },
  en: {
    title: "Verify an export",
    lead: "Says whether an export of a Proviso archive is whole, unaltered, of that archive, and from when.",
    key: "Public key of the log (optional)",
    keyHelp: "Ask the organisation for it by another way than the one that the export came by. Without it the result names the key that vouches, and leaves the comparison to you.",
    choose: "Choose the export",
    orDrop: "or drop the .tar here",
    chosen: (name, size) => `${name}, ${size}`,
    again: "Verify again",
    stop: "Stop",
    reading: (part) => `Reading the members: ${part}`,
    looking: (count) => `Messages looked at: ${count}`,
    whole: "Whole: signed by the key that you gave",
    open: "Whole: signed by a key that is yet to be compared",
    altered: "Altered",
    unread: "Could not be verified",
    broken: "The verification broke off: the browser has too little memory, or does not run this page's program. The program proviso-verify verifies the same file.",
    stopped: "Stopped, without a result.",
    faults: "What does not agree",
    about: "What the export says of itself, and who vouches",
    save: "Save this result",
    took: (seconds) => `took ${seconds} s`,
    local: "The file is read on this machine alone: the page has no network, sends nothing and keeps nothing.",
    limits: "It does not show that the organisation archived every message, that a clock was right, who a person is, or that a verdict is right.",
  },
};

if (typeof document === "undefined") {
  work();
} else {
  show(document.currentScript.textContent);
}

// The worker: runs the module over the file, which is read piece by piece and is never in memory as a whole.
function work() {
  self.onmessage = async ({ data: { module, file, key } }) => {
    const reader = new FileReaderSync();
    const told = { read: 0, messages: 0 };
    let exports;
    let last = 0;
    const tell = () => {
      const now = performance.now();
      if (now - last > 100) {
        last = now;
        postMessage({ told });
      }
    };
    const page = {
      read(at, length, into) {
        const start = Number(at);
        let bytes;
        try {
          bytes = new Uint8Array(reader.readAsArrayBuffer(file.slice(start, start + (length >>> 0))));
        } catch {
          return 1;
        }
        if (bytes.length !== length >>> 0) {
          return 1;
        }
        // The memory may have grown since: its buffer is another one then.
        new Uint8Array(exports.memory.buffer, into >>> 0, bytes.length).set(bytes);
        told.read += bytes.length;
        tell();
        return 0;
      },
      progress(messages) {
        told.messages = Number(messages);
        tell();
      },
    };
    try {
      ({ exports } = (await WebAssembly.instantiate(module, { page })).instance);
      const text = new TextEncoder().encode(key);
      // A call may grow the memory: its buffer is asked for afterwards.
      const at = exports.input(text.length) >>> 0;
      new Uint8Array(exports.memory.buffer, at, text.length).set(text);
      const length = exports.verify(BigInt(file.size)) >>> 0;
      const answer = new Uint8Array(exports.memory.buffer, exports.output() >>> 0, length);
      postMessage({ answer: JSON.parse(new TextDecoder().decode(answer)) });
    } catch (error) {
      postMessage({ broken: String(error) });
    }
  };
}

// The page.
function show(script) {
  const the = (id) => document.getElementById(id);
  const policy = self.trustedTypes?.createPolicy("proviso", { createScriptURL: (url) => url });
  const code = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const module = Uint8Array.from(atob(the("module").textContent), (character) => character.charCodeAt(0));

  let language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  let file = null;
  let worker = null;
  // What came of the last verification: an answer of the module, or the name of a sentence of the page.
  let result = null;

  const number = (value, options) => new Intl.NumberFormat(language, options).format(value);
  const size = (bytes) =>
    bytes < 1e6
      ? number(bytes, { style: "unit", unit: "byte", unitDisplay: "long" })
      : number(bytes / 1e6, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });
  // As the module shows foreign texts.
  const shown = (text) => text.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");

  function fill(list, name, texts) {
    list.replaceChildren(
      ...texts.map((text) => {
        const element = document.createElement(name);
        element.textContent = text;
        return element;
      }),
    );
  }

  function speak() {
    const words = WORDS[language];
    document.documentElement.lang = language;
    document.title = `${words.title} · Proviso`;
    for (const element of document.querySelectorAll("[data-say]")) {
      element.textContent = words[element.dataset.say];
    }
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    }
    the("chosen").hidden = !file;
    the("chosen").textContent = file ? words.chosen(shown(file.name), size(file.size)) : "";
    conclude();
  }

  // Shows the result in the language of the moment.
  function conclude() {
    const words = WORDS[language];
    const { answer, broken, seconds } = result ?? {};
    const isWrongKey = answer?.outcome === "wrong-key";
    the("key").setAttribute("aria-invalid", String(isWrongKey));
    the("key-error").hidden = !isWrongKey;
    the("key-error").textContent = isWrongKey ? answer[language] : "";
    const part = the("result");
    part.hidden = !result || isWrongKey;
    if (part.hidden) {
      return;
    }
    const said = answer?.outcome === "verified" ? answer[language] : null;
    // Whoever forges all of an export signs it by a key of their own: it is whole by that key.
    const whole = answer?.report?.key_known ? "whole" : "open";
    const kind = said ? (answer.whole ? whole : "altered") : "unread";
    part.className = kind;
    the("verdict").textContent = words[kind];
    fill(the("sentences"), "li", said ? said.sentences : [answer ? answer[language] : words[broken]]);
    if (kind === "open") {
      the("sentences").lastElementChild.className = "note";
    }
    the("faults-part").hidden = !said?.faults.length;
    fill(the("faults"), "li", said?.faults ?? []);
    the("others").hidden = !said?.others;
    the("others").textContent = said?.others ?? "";
    the("about-part").hidden = !said?.rows.length;
    fill(the("rows"), "div", []);
    for (const [name, value] of said?.rows ?? []) {
      const [term, about] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = name;
      about.textContent = value;
      the("rows").append(term, about);
    }
    the("save").hidden = !said;
    the("took").textContent = said ? words.took(number(seconds, { maximumFractionDigits: 1 })) : "";
  }

  function progress({ read, messages }) {
    const words = WORDS[language];
    const bar = the("progress");
    // Every member is read once, then those with messages again.
    const part = Math.min(read / Math.max(file.size, 1), 1);
    if (messages === 0 && part < 1) {
      bar.value = part;
      the("phase").textContent = words.reading(number(part, { style: "percent" }));
    } else {
      bar.removeAttribute("value");
      the("phase").textContent = words.looking(number(messages));
    }
  }

  function end(with_) {
    worker?.terminate();
    worker = null;
    the("working").hidden = true;
    the("stop").hidden = true;
    the("again").hidden = false;
    result = with_;
    conclude();
    if (result?.answer?.outcome === "wrong-key") {
      the("key").focus();
    } else if (result) {
      the("status").textContent = the("verdict").textContent;
      the("verdict").focus();
    }
  }

  function begin() {
    end(null);
    const started = performance.now();
    the("actions").hidden = false;
    the("stop").hidden = false;
    the("again").hidden = true;
    the("working").hidden = false;
    the("status").textContent = "";
    speak();
    progress({ read: 0, messages: 0 });
    worker = new Worker(policy ? policy.createScriptURL(code) : code);
    worker.onmessage = ({ data: { told, answer, broken } }) => {
      if (told) {
        progress(told);
      } else {
        if (broken) {
          console.error(broken);
        }
        const seconds = (performance.now() - started) / 1000;
        end(broken ? { broken: "broken" } : { answer, seconds });
      }
    };
    worker.onerror = ({ message }) => {
      console.error(message);
      end({ broken: "broken" });
    };
    worker.postMessage({ module, file, key: the("key").value });
  }

  function choose(files) {
    if (files.length > 0) {
      file = files[0];
      begin();
    }
  }

  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      language = button.dataset.language;
      speak();
    });
  }
  the("file").addEventListener("change", () => {
    choose(the("file").files);
    // The same file may be chosen again.
    the("file").value = "";
  });
  the("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (file) {
      begin();
    }
  });
  the("stop").addEventListener("click", () => end({ broken: "stopped" }));
  the("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([result.answer[language].text], { type: "text/plain;charset=utf-8" }));
    link.download = `${file.name}.${language}.txt`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  // A file that is dropped beside the field would replace the page.
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      the("drop").classList.toggle("over", name === "dragover");
      if (name === "drop") {
        choose(event.dataTransfer.files);
      }
    });
  }
  document.addEventListener("dragleave", () => the("drop").classList.remove("over"));
  speak();
}

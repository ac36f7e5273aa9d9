// Where Ant Design's styles go: into constructed style sheets, which a Content-Security-Policy of `style-src 'self'` allows.
//
// Ant Design writes <style> elements, which that policy refuses. style-sheets.plugin.ts puts these functions in the place of its own;
// their names and arguments are theirs.

interface Options {
  readonly mark?: string;
  readonly prepend?: boolean | 'queue';
  readonly priority?: number;
}

interface Sheet {
  readonly sheet: CSSStyleSheet;
  readonly rank: number;
  /** What callers mark and read. It never enters the page. */
  readonly handle: HTMLStyleElement;
  css: string;
}

const sheets = new Map<string, Sheet>();

const keyOf = (key: string, options: Options) => `${options.mark ?? ''}|${key}`;

/** What comes first in the page has the lower rank: prepended ones, then those of the queue by priority, then appended ones. */
function rankOf(options: Options): number {
  if (options.prepend === 'queue') return options.priority ?? 0;
  return options.prepend ? -10_000 : 10_000;
}

function put(entry: Sheet): void {
  const adopted = document.adoptedStyleSheets;
  const ranks = new Map([...sheets.values()].map((other) => [other.sheet, other.rank]));
  let at = adopted.length;
  while (at > 0 && (ranks.get(adopted[at - 1] as CSSStyleSheet) ?? 0) > entry.rank) at -= 1;
  adopted.splice(at, 0, entry.sheet);
}

function add(css: string, key: string, options: Options): Sheet {
  const entry = { sheet: new CSSStyleSheet(), rank: rankOf(options), handle: document.createElement('style'), css };
  entry.sheet.replaceSync(css);
  put(entry);
  sheets.set(key, entry);
  return entry;
}

export function injectCSS(css: string, options: Options = {}): HTMLStyleElement {
  return add(css, `injected|${sheets.size}`, options).handle;
}

export function updateCSS(css: string, key: string, options: Options = {}): HTMLStyleElement {
  const known = sheets.get(keyOf(key, options));
  if (known === undefined) return add(css, keyOf(key, options), options).handle;
  if (known.css !== css) {
    known.css = css;
    known.sheet.replaceSync(css);
  }
  return known.handle;
}

export function removeCSS(key: string, options: Options = {}): void {
  const known = sheets.get(keyOf(key, options));
  if (known === undefined) return;
  sheets.delete(keyOf(key, options));
  const at = document.adoptedStyleSheets.indexOf(known.sheet);
  if (at >= 0) document.adoptedStyleSheets.splice(at, 1);
}

export function clearContainerCache(): void {
  // The sheets hang on no container.
}

// Puts src/style-sheets.ts in the place of the two modules of Ant Design that write <style> elements, which `style-src 'self'` forbids.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const OURS = fileURLToPath(new URL('./src/style-sheets.ts', import.meta.url));
const ALL = '@rc-component/util/es/Dom/dynamicCSS.js';
const ICONS = '@ant-design/icons/es/cssUtils.js';

export function styleSheets(): Plugin {
  const met = new Set<string>();
  return {
    name: 'proviso-style-sheets',
    enforce: 'pre',
    load(id) {
      const file = id.split('?')[0] ?? id;
      if (file.endsWith(ALL)) {
        met.add(ALL);
        return `export { injectCSS, updateCSS, removeCSS, clearContainerCache } from ${JSON.stringify(OURS)};`;
      }
      if (file.endsWith(ICONS)) {
        met.add(ICONS);
        const theirs = readFileSync(file, 'utf8');
        const without = theirs.replace('export function updateCSS(', 'function notUsed(');
        if (without === theirs) this.error(`${ICONS} has no updateCSS any more: mend style-sheets.plugin.ts`);
        return `${without}\nexport { updateCSS } from ${JSON.stringify(OURS)};`;
      }
      return null;
    },
    // A new version of Ant Design may have moved them: then the pages would be without style under the policy, and no build would say so.
    buildEnd(error) {
      if (error === undefined && !met.has(ALL)) this.error(`${ALL} was not met: mend style-sheets.plugin.ts`);
    },
  };
}

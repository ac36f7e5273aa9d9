// One file of src/plugin.ts and what it imports, and the component target/plugin.wasm of it. `proviso pack build` runs this by
// `npm run build`, after it has written the contract to target/wit.

import { componentize } from "@bytecodealliance/componentize-js";
import { build } from "esbuild";
import { writeFile } from "node:fs/promises";

await build({
  entryPoints: ["src/plugin.ts"],
  bundle: true,
  format: "esm",
  target: "es2022",
  external: ["proviso:*"],
  outfile: "target/plugin.js",
  logLevel: "warning",
});
const { component } = await componentize({
  sourcePath: "target/plugin.js",
  witPath: "target/wit",
  worldName: "plugin",
  // All that would be imported from a system: a plugin may import the log alone.
  disableFeatures: ["random", "stdio", "clocks", "http", "fetch-event"],
});
await writeFile("target/plugin.wasm", component);

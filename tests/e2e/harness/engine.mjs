// WXPAY_H5_ENGINE=js: the pages run on `wxpay-h5/js`, in a browser that has no WebAssembly.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const engine = process.env.WXPAY_H5_ENGINE;

/** Puts the engine's entry in the place of the default one, in a folder of the package's modules. */
export async function replaceEngine(folder) {
  if (!engine) return;
  const all = `export * from "./${engine}.mjs";\n`;
  // The published return entry shares code with the default entry; a page on another engine
  // defines the element by that engine's own export.
  const define =
    `import { defineReturnElement } from "./${engine}.mjs";\n` + "defineReturnElement();\n";
  await writeFile(join(folder, "index.mjs"), all);
  await writeFile(join(folder, "return.mjs"), define + all);
}

/** Takes WebAssembly away from a profile's pages. */
export async function refuseWebAssembly(profile) {
  if (engine === "js") await profile.addInitScript(() => delete globalThis.WebAssembly);
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");

test("every error code is in the README's table, and in Rust or TypeScript where it is made", () => {
  const codes = [...read("../src/text.ts").split("export const ERRORS")[1].matchAll(/^ {2}(\w+): \[/gm)];
  const readme = read("../README.md");
  assert.ok(codes.length > 40);
  for (const [, code] of codes) assert.ok(readme.includes("`" + code + "`"), code);
});

test("every code and reason that Rust can answer has its sentences", () => {
  const text = read("../src/text.ts");
  const rust = (path) => read(`../../crates/core/src/page/${path}.rs`);
  const words = (source, name) =>
    new RegExp(`const ${name}: &str = "([^"]+)"`).exec(source)[1].replace(/\\\s+/g, "").split(/\s+/);
  const codes = [...words(rust("refusal"), "CODES"), ...words(rust("bridge"), "CODES")];
  for (const code of codes) assert.match(text, new RegExp(`^ {2}${code}: \\[`, "m"));
  for (const reason of words(rust("context"), "REASON_WORDS")) assert.ok(text.includes(`"${reason}": [`), reason);
});

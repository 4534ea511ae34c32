import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");

test("every error code is in the README's table, and in Rust or TypeScript where it is made", () => {
  const codes = [...read("../src/sentences.ts").matchAll(/^ {2}(\w+): \[/gm)];
  const readme = read("../README.md");
  assert.ok(codes.length > 40);
  for (const [, code] of codes) assert.ok(readme.includes("`" + code + "`"), code);
});

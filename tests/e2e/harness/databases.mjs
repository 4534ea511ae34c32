// The objects' databases on disk, read beside the workerd that has them open.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * How many bytes this order takes.
 *
 * @returns `file`: its database's pages times their size; `rows`: what the values of all rows take.
 */
export async function storedOrder(data, number) {
  const folder = join(data, "wxpay-edge-order");
  for (const name of await readdir(folder)) {
    if (!/^[0-9a-f]+\.sqlite$/.test(name)) continue;
    const database = new DatabaseSync(join(folder, name), { readOnly: true });
    try {
      if (holds(database, number)) return measure(database);
    } finally {
      database.close();
    }
  }
  throw new Error(`no database in ${folder} holds ${number}`);
}

const names = (database, sql) => database.prepare(sql).all().map(({ name }) => name);
const value = (database, sql, ...words) => Object.values(database.prepare(sql).get(...words))[0];

const TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";

function holds(database, number) {
  if (!names(database, TABLES).includes("orders")) return false;
  return value(database, "SELECT count(*) FROM orders WHERE instr(snapshot, ?)", number) > 0;
}

function measure(database) {
  const rows = names(database, TABLES).map((table) => {
    const columns = names(database, `PRAGMA table_info("${table}")`);
    const bytes = columns.map((name) => `coalesce(length(CAST("${name}" AS BLOB)), 0)`);
    return value(database, `SELECT coalesce(sum(${bytes.join(" + ")}), 0) FROM "${table}"`);
  });
  const file = value(database, "PRAGMA page_count") * value(database, "PRAGMA page_size");
  return { file, rows: rows.reduce((sum, bytes) => sum + bytes, 0) };
}

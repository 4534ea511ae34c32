// The tables of COMPARE.md, made of score cards.

import { table } from "./table.mjs";

/** Markdown. `examined` is what `examineAll` of handlers.mjs answers. */
export function comparison(examined) {
  const sums = examined.map(({ handler, card }) => {
    const { name, version, registry, api, document } = handler;
    return [name, version, registry, api.toUpperCase(), document, share(card.must), share(card.should)];
  });
  const head = ["SDK", "version", "from", "API", "document followed", "must", "should"];
  return [table(head, sums), ...["v3", "v2"].map((api) => ofApi(api, examined))].join("\n");
}

function ofApi(api, examined) {
  const ours = examined.filter(({ handler }) => handler.api === api);
  const names = ours.map(({ handler }) => handler.name);
  const groups = [...new Set(ours.flatMap(({ card }) => card.scores.map(({ group }) => group)))];
  const byGroup = groups.map((group) => [group, ...ours.map(({ card }) => groupShare(card, group))]);

  const notes = [];
  const mark = ({ scores }, name) => {
    const { ended, reason } = scores.find((score) => score.name === name) ?? { ended: "not_judged" };
    if (ended !== "failed") return { passed: "✓", not_judged: "—" }[ended];
    if (!notes.includes(reason)) notes.push(reason);
    return `✗ [${notes.indexOf(reason) + 1}]`;
  };
  const failed = ours.flatMap(({ card }) => card.scores.filter(({ ended }) => ended === "failed"));
  const sent = new Map(failed.map((score) => [score.name, score.sent]));
  const cases = [...sent].sort(([a], [b]) => (a < b ? -1 : 1));
  const byCase = cases.map(([name, what]) => [`\`${name}\``, what, ...ours.map(({ card }) => mark(card, name))]);
  return [
    `## API ${api.toUpperCase()}, by group\n`,
    table(["", ...names], byGroup),
    `## API ${api.toUpperCase()}, every case that one of them failed\n`,
    table(["case", "what is sent", ...names], byCase),
    notes.map((note, index) => `${index + 1}. ${note}\n`).join(""),
  ].join("\n");
}

function groupShare({ scores }, group) {
  const ours = scores.filter((score) => score.group === group);
  const count = (word) => ours.filter(({ ended }) => ended === word).length;
  return share({ passed: count("passed"), failed: count("failed") });
}

function share({ passed, failed }) {
  const judged = passed + failed;
  return judged === 0 ? "—" : `${passed}/${judged}`;
}

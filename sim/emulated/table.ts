import { steps, type Step } from "./rig.ts";
import type { Outcome, Result } from "./run.ts";

const count = (number: number): string => number.toLocaleString("en");

/** A step in a word: what it took, "no" where it failed, "-" where it was left out. */
function cell(outcome: Outcome | undefined): string {
  if (!outcome || outcome.skipped !== undefined) return "-";
  if (outcome.failed !== undefined) return "no";
  return `${outcome.seconds!.toFixed(1)} s`;
}

/** What was found, as Markdown: a row a board, and below what each failure was. */
export function tableOf(results: readonly Result[], missing: readonly string[]): string {
  const head = [
    "board",
    ...steps,
    "variables at rest, at most, of",
    "packets refused by it, by the gateway",
    "instructions of a send",
  ];
  const rows = results.map(({ rig, outcomes, memory, drops }) => {
    const of = (step: Step): Outcome | undefined => outcomes.find((outcome) => outcome.step === step);
    const instructions = of("send")?.instructions;
    return [
      rig,
      ...steps.map((step) => cell(of(step))),
      memory ? `${count(memory.rest)}, ${count(memory.most)}, ${count(memory.total)}` : "-",
      drops ? `${drops.board}, ${drops.gateway}` : "-",
      instructions === undefined ? "-" : count(instructions),
    ];
  });
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const notes = results.flatMap(({ rig, outcomes }) =>
    outcomes.flatMap(({ step, failed, skipped, detail }) => {
      if (failed !== undefined) return [`- ${rig}, ${step}: failed: ${failed}`];
      if (skipped !== undefined) return [`- ${rig}, ${step}: left out: ${skipped}`];
      return detail === undefined || step === "send" || step === "receive" ? [] : [`- ${rig}, ${step}: ${detail}`];
    }),
  );
  return [
    line(head),
    line(head.map(() => "---")),
    ...rows.map(line),
    "",
    ...notes,
    ...missing.map((reason) => `- skipped: ${reason}`),
  ].join("\n");
}

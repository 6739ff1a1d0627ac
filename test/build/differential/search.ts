// Looks for programs that the build changes, or Espruino takes otherwise.
import fc from "fast-check";
import { mends, type Pass } from "../../../tools/build/passes/mends/index.ts";
import type { Role } from "../../../tools/build/minify.ts";
import { compare, refusals, stripped, type Difference, type Host } from "./compare.ts";
import { programs } from "./grammar.ts";

export interface Search {
  count: number;
  seed: number;
  /** What makes programs; the grammar of all kinds of code where there is none. */
  grammar?: (role: Role) => fc.Arbitrary<string>;
  /** In the place of the build's mends. */
  mending?: readonly Pass[];
  /** Where they run, beside Node. */
  hosts?: Host[];
  /** How long a program is made smaller, at most. */
  shrinkingMs?: number;
  /** After each batch: how many were compared. */
  onProgress?: (compared: number) => void;
}

export interface Found {
  /** How many programs were compared, and refused by the dialect. */
  compared: number;
  refused: number;
  /** The first difference, and the least that is left of its program that differs. */
  difference?: Difference & { shrunk: Difference };
}

const BATCH = 50;

// an application may say more than the runtime does
const hostsOf: Record<Role, Host[]> = { app: ["source", "app"], runtime: ["source", "runtime"] };

const isRefused = (sources: string[], role: Role): boolean[] =>
  refusals(sources.map((program) => stripped(program, role))).map((found) => found.length > 0);

/** Compares programs until one differs: half of them as applications are, half of them as the runtime is. */
export async function search({
  count,
  seed,
  grammar = programs,
  mending = mends,
  hosts = ["source", "app", "runtime"],
  shrinkingMs = 60_000,
  onProgress,
}: Search): Promise<Found> {
  const found: Found = { compared: 0, refused: 0 };
  const roles: Role[] = ["app", "runtime"];
  const half = Math.ceil(count / 2);
  const samples = roles.map((role) => fc.sample(grammar(role), { numRuns: half, seed }));
  for (let from = 0; from < half; from += BATCH) {
    for (const [i, role] of roles.entries()) {
      const batch = samples[i]!.slice(from, from + BATCH);
      const refused = isRefused(batch, role);
      const accepted = batch.filter((_, at) => !refused[at]);
      const [first] = await compare(
        accepted,
        hostsOf[role].filter((host) => hosts.includes(host)),
        mending,
      );
      found.compared += accepted.length;
      found.refused += batch.length - accepted.length;
      if (first)
        return {
          ...found,
          difference: {
            ...first,
            shrunk: await shrink(
              first,
              samples[i]!.indexOf(first.program),
              { count: half, seed, grammar, mending, shrinkingMs },
              role,
            ),
          },
        };
      onProgress?.(found.compared);
    }
  }
  return found;
}

async function shrink(
  first: Difference,
  path: number,
  { count, seed, grammar, mending, shrinkingMs }: Search,
  role: Role,
): Promise<Difference> {
  let least = first;
  const until = Date.now() + shrinkingMs!;
  await fc.check(
    fc.asyncProperty(grammar!(role), async (program) => {
      if (Date.now() > until || isRefused([program], role)[0]) return true;
      const [difference] = await compare([program], [first.host], mending);
      if (difference) least = difference;
      return !difference;
    }),
    { seed, path: String(path), numRuns: count },
  );
  return least;
}

/** Tells people of what was found. */
export function tell({ compared, refused, difference }: Found, seed: number): string {
  const counted = `${compared} programs compared, ${refused} refused, seed ${seed}`;
  if (!difference) return `${counted}: no difference`;
  const {
    shrunk: { program, host, expected, found },
  } = difference;
  return `${counted}: another result ${host === "source" ? "as source" : `as ${host === "app" ? "an application" : "the runtime"}, built,`} in Espruino\n\n${program}\n\nby the language: ${expected.join(" | ")}\nin Espruino:     ${found.join(" | ")}`;
}

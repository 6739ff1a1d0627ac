/** What tests of the protocol core share: seeded randomness, hex, the code of an error, a count of curve work. */
import { createHash } from "node:crypto";
import { CurveJob } from "../../src/index.ts";

/** A source of entropy; `calls` counts how often it was asked. */
export interface Seeded {
  (n: number): Uint8Array;
  calls: number;
}

export function seeded(seed: string): Seeded {
  const random = ((n: number) => {
    const parts: Buffer[] = [];
    for (let i = 0; i * 32 < n; i++) parts.push(createHash("sha256").update(`${seed} ${random.calls} ${i}`).digest());
    random.calls++;
    return new Uint8Array(Buffer.concat(parts).subarray(0, n));
  }) as Seeded;
  random.calls = 0;
  return random;
}

export const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");
export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));

/** The code of the typed error that work throws; what is thrown without one goes on. */
export function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    if (!code || typeof message !== "string" || message.length < 20) throw error;
    return code;
  }
}

/** How many jobs of curve work are begun inside `work`. */
export function jobsOf(work: () => void): number {
  const { step } = CurveJob.prototype;
  const jobs = new Set<CurveJob>();
  CurveJob.prototype.step = function (this: CurveJob) {
    jobs.add(this);
    return step.call(this);
  };
  try {
    work();
  } finally {
    CurveJob.prototype.step = step;
  }
  return jobs.size;
}

/** A built device bundle as a target of vectors, in one of the simulator's hosts. */
import type { DeviceHost, Json, SimBoard } from "../../sim/index.ts";
import { deviceOperations, deviceProgram } from "./device-program.ts";
import type { Operation, Target } from "./target.ts";

const REASONS: Record<string, string> = {
  messageKey: "the device bundle gives no intermediate values",
  aesKey: "the device bundle gives no intermediate values",
  hashnameOfKeys: "hashnames are not in the device bundle",
  intermediate: "hashnames are not in the device bundle",
  hashname: "hashnames are not in the device bundle",
  hashnameOf: "hashnames are not in the device bundle",
  toBase32: "the device bundle gives no base32",
  fromBase32: "the device bundle gives no base32",
  compress: "a device's CBOR (z=1) is checked by test/channel/compression-espruino.test.ts",
  decompress: "a device's CBOR (z=1) is checked by test/channel/compression-espruino.test.ts",
  cloak: "cloaking is not in the device bundle",
  uncloak: "cloaking is not in the device bundle",
  decrypt: "the device bundle opens a message only after its MAC",
  messageFlips: "760 forged messages are tried with the host library only",
};

export interface DeviceTargetOptions {
  name: string;
  host: DeviceHost;
  board: SimBoard;
  /** Text of e3x-mote.js. */
  bundle: string;
  /** The code that a number stands for on a device, where codes are numbers there. */
  codeOf?: (number: number) => string | undefined;
}

export function deviceTarget({ name, host, board, bundle, codeOf }: DeviceTargetOptions): Target {
  return {
    name,
    lacks: (operation) =>
      deviceOperations.includes(operation) ? undefined : (REASONS[operation] ?? "not in the device bundle"),
    close: () => host.close(),
    run: async (operations: Operation[]) => {
      let output = await host.boot({
        board,
        bundle: deviceProgram,
        modules: { "e3x-mote": bundle },
        entropy: [1, 2, 3, 4],
        storage: {},
        globals: { OPERATIONS: operations as unknown as Json },
      });
      const logs = [...output.logs];
      while (output.next !== undefined) {
        output = await host.run(output.next);
        logs.push(...output.logs);
      }
      const results = operations.map(() => "!(untyped) the device logged no result");
      for (const line of logs) {
        const [, number, result] = /^(\d+) (.*)$/s.exec(line) ?? [];
        // codes may be numbers, and stand alone or after others
        if (number !== undefined)
          results[Number(number)] = result!.replace(/!(\d+)/g, (text, digits: string) =>
            codeOf?.(Number(digits)) ? `!${codeOf(Number(digits))}` : text,
          );
        else results.push(line);
      }
      const other = results.slice(operations.length);
      if (other.length) throw new Error(`the device said: ${other[0]}`);
      return results;
    },
  };
}

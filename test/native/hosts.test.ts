import test from "ava";
import { SIZE } from "../../src/crypto/thumb/native-kept.ts";
import { errorNumber } from "../../src/errors.ts";
import { coreEntry, loadBoard, measureBoard } from "../../tools/build/index.ts";
import { code as m0 } from "../../src/crypto/thumb/blob-m0.ts";
import { code as m4 } from "../../src/crypto/thumb/blob-m4.ts";
import { instructions } from "../../sim/hosts/thumb.ts";
import { DeviceError } from "../../sim/index.ts";
import type { BootOptions, DeviceHost } from "../../sim/index.ts";
import { hex } from "../helpers/core.ts";
import { hosts, logsOf } from "../sim/helpers.ts";
import { publicReference, sharedReference } from "../vectors/reference.ts";

const FILE = "mote.thumb";
const SECRET = "0103050709".repeat(4);
const board = loadBoard("puckjs");
const { files } = await measureBoard(board, { entry: coreEntry });
const program = `
const core = require("e3x-mote");
const hex = function (all) { let text = ""; for (let i = 0; i < all.length; i++) text += (256 + all[i]).toString(16).substr(1); return text; };
const secret = new Uint8Array(20);
for (let i = 0; i < 20; i++) secret[i] = 1 + 2 * (i % 5);
const attempt = function (key, secret) { try { return hex(new core.CurveJob(secret, key).result); } catch (e) { return e.code; } };
let time = getTime();
const key = new core.CurveJob(secret).result;
print(hex(key), Math.round((getTime() - time) * 1000));
print(attempt(key, secret));
key[0] = 5; print(attempt(key, secret));
print(attempt(undefined, new Uint8Array(20)));
`;
const options = (more: Partial<BootOptions> = {}): BootOptions => ({
  board,
  bundle: program,
  modules: { "e3x-mote": files["e3x-mote.js"]! },
  entropy: [1, 2, 3, 4],
  ...more,
});
const own = publicReference(SECRET);
const milliseconds = Math.round((instructions("m4", 0, 21) * 1.3) / board.clockMHz / 1000 + board.curveStepMs);
const wanted = [
  `${own} ${milliseconds}`,
  sharedReference(SECRET, own),
  `${errorNumber("KEY_PREFIX")}`,
  `${errorNumber("SECRET_RANGE")}`,
];

const within = async (host: DeviceHost, work: (host: DeviceHost) => Promise<void>): Promise<void> => {
  try {
    await work(host);
  } finally {
    await host.close();
  }
};

for (const { name, make } of hosts) {
  test(`a bundle calls native code, which takes its time: ${name}`, (t) =>
    within(make(), async (host) => {
      const { logs, writes } = await host.boot(options());
      t.deepEqual(logs, wanted);
      t.is(writes, 1);
      t.is(Buffer.from((await host.storage())[FILE]!).toString("base64"), m4());
      // the file is there: it is not written again
      const again = await host.boot(options());
      t.deepEqual(again.logs, wanted);
      t.is(again.writes, undefined);
    }));

  test(`code of another version, core or length, or damaged, is not run but replaced: ${name}`, (t) =>
    within(make(), async (host) => {
      const right = Buffer.from(m4(), "base64");
      const damaged = Buffer.from(right);
      damaged[1000]! ^= 1;
      for (const wrong of [
        damaged,
        right.subarray(0, 1000),
        Buffer.concat([right, Buffer.alloc(4)]),
        Buffer.from(m0(), "base64"),
        Buffer.alloc(right.length, 255),
      ]) {
        const { logs } = await host.boot(options({ storage: { [FILE]: new Uint8Array(wrong) } }));
        t.deepEqual(logs, wanted);
        t.is(hex((await host.storage())[FILE]!), right.toString("hex"));
      }
    }));

  test(`without room in Storage it runs from RAM: ${name}`, (t) =>
    within(make(), async (host) => {
      t.deepEqual((await host.boot(options({ faults: { full: 0 } }))).logs, wanted);
      t.deepEqual(Object.keys(await host.storage()), []);
    }));

  test(`the simulator runs no code of another core, and none on a board that can not: ${name}`, async (t) => {
    await within(make(), async (host) => {
      const error = await t.throwsAsync(host.boot(options({ board: { ...board, thumb: "m0" } })), {
        instanceOf: DeviceError,
      });
      t.regex(`${error.message} ${(error as DeviceError).transcript}`, /Not the native code for this board/);
    });
    t.deepEqual(await logsOf(make(), "print(typeof E.nativeCall)", { board: { ...board, thumb: null } }), [
      "undefined",
    ]);
    t.deepEqual(await logsOf(make(), "print(typeof E.nativeCall)", { board }), ["function"]);
  });

  test(`only what is in one piece has an address: ${name}`, async (t) => {
    const text =
      "const at=function(v){return E.getAddressOf(v,true)?1:0};print(at(new Uint8Array(100)),at([1,2,3]),at(new Uint8Array(100).buffer),at({}))";
    t.deepEqual(await logsOf(make(), text, { board }), ["1 0 1 0"]);
    const none = `const find=E.getAddressOf;E.getAddressOf=function(v,flat){return v.length===${SIZE}?0:find(v,flat)};${program}`;
    await within(make(), async (host) => {
      await t.throwsAsync(host.boot(options({ bundle: none })), { instanceOf: DeviceError });
    });
  });
}

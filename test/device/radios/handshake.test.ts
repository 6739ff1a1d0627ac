import test from "ava";
import { Gateway } from "../../../sim/index.ts";
import type { Output } from "../../../sim/index.ts";
import { hosts } from "../../sim/helpers.ts";
import { BoardWithGateway } from "./board-with-gateway.ts";

/** Milliseconds from one frame to the next. */
const PERIOD = 30;
/** Milliseconds that the device may take to serve a frame: a slice of curve work, the step that ends late, and itself. */
const SOON = 60;

/** A gateway that writes a frame every 30 ms: of a packet where it has one to send, otherwise a packet of nobody's. */
class Talkative extends Gateway {
  sent = 0;
  #due = 1000;

  override run(time: number): Output {
    const output = super.run(time);
    if (time >= this.#due) {
      this.#due += PERIOD;
      if (this.idle("device") && output.frames.length === 0) {
        output.frames.push(
          Uint8Array.from([18, ...Array.from({ length: 18 }, (_, i) => (this.sent * 19 + i * 7) & 255), 0]),
        );
        output.times.push(time);
        output.to!.push("device");
      }
    }
    this.sent += output.frames.length;
    output.next = Math.min(output.next ?? Infinity, this.#due);
    return output;
  }
}

// the interpreter with the board's own heap is the one that counts
for (const { name, make } of hosts.filter((host) => !host.name.includes("free"))) {
  test(`with curve work in JavaScript, a frame every ${PERIOD} ms is served soon, and none is missed: ${name}`, async (t) => {
    t.timeout(300_000);
    const late: number[] = [];
    const waiting: number[] = [];
    const lost: string[] = [];
    const both = new BoardWithGateway({
      host: make(),
      board: "puckjs",
      native: false,
      kind: "ble",
      medium: { frameSize: 128, latency: 5 },
      // the application sees every event before the runtime does
      call: "",
      radio: `((own) => ({
        mtu: 20,
        write: own.write,
        on: (event, listener) => own.on(event, (data) => {
          if (event === "data") console.log("served");
          listener(data);
        }),
      }))(ble())`,
      gateway: { mtu: 20, pace: PERIOD },
      make: (options) => new Talkative(options),
      observe: (event) => {
        if (event.kind === "arrived" && event.to === "device") waiting.push(event.time);
        if (event.kind !== "log" || event.at !== "device") return;
        if (event.text === "served") late.push(event.time - waiting.shift()!);
        else if (event.text === "event queue full") lost.push(event.text);
      },
    });
    t.teardown(() => both.close());
    await both.start();
    // the whole handshake takes the interpreter minutes: there the beginning of it
    if (name === "vm") t.true(await both.until(() => both.gateway.ups > 0, 600_000), "linked");
    else await both.simulator.runUntil(process.env["LONG"] === "1" ? 40_000 : 15_000);
    await both.until(() => waiting.length === 0, 1000);
    const { sent } = both.gateway as Talkative;
    t.true(sent > 400, `${sent} frames`);
    t.deepEqual(waiting, [], "every frame that came was served");
    // those of a packet may be on the air still
    t.true(sent - late.length <= 6, `${sent - late.length} of ${sent} frames did not come`);
    t.deepEqual(lost, []);
    t.true(Math.max(...late) <= SOON, `${Math.max(...late)} ms`);
    t.log(`${sent} frames in ${both.simulator.time} ms, each served within ${Math.max(...late)} ms`);
  });
}

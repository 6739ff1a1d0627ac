/**
 * What the entries of peers/negative.json ask, as operations; the right answers are in negative-answers.ts. Where the
 * file has a command cut short ("...(N)", N the characters of all of it), what was left out follows from its message.
 */
import { readFileSync } from "node:fs";
import type { Collector } from "./collector.ts";
import { VectorError } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { answers, onEspruino } from "./negative-answers.ts";
import { sealForReference, sealReference } from "./reference.ts";
import type { Operation } from "./target.ts";

// the identities of the commands: ODD is the higher key
export const ODD = {
  secret: "8d51d49495eab489729122f14b2a3d144fa66bd2",
  key: "02fbde5e5248e37f066567f9f399f24d173aeda0ff",
};
export const EVEN = {
  secret: "52064ea9906f88d98a12e438d33f3258fe8e4264",
  key: "0219c87164a8c19a15ff3c8105cfd0d4d3900c94a0",
};
// the message from ODD to EVEN that is cut and changed
const KEY = "0261773ae015fd3d8be9f8101501789a713ec14890";
const IV = "ca138845";
// neither's: the point of secret 1
const NOBODY = "024a96b5688ef573284664698968c38bb913cbfc82";
const INNER =
  "002b7b226174223a313430393431373236312c2274797065223a226c696e6b222c2263736964223a223161227dec335e77b40cf7c429c1b48bea531ee6b9bba732c0";
const OUTER = `00011a${KEY}${sealForReference({ sender: ODD, recipient: EVEN, key: KEY, iv: IV, inner: INNER })}`;
// ephemeral secrets: ours in channels, and the two of the other side, by the tokens that the file names
const OURS = "2d".repeat(20);
const THEIRS = ["0f".repeat(20), "1e".repeat(20)] as const;

/** A handshake of the other side, with `at` as text of JSON; undefined for none. */
export function handshake(we: typeof ODD, at: string | undefined, ephemeral = 0): string {
  const other = we === ODD ? EVEN : ODD;
  const head = Buffer.from(`{"type":"link"${at === undefined ? "" : `,"at":${at}`}}`);
  const attached = `000b${Buffer.from('{"1a":true}').toString("hex")}${other.key}`;
  const inner = `00${head.length.toString(16).padStart(2, "0")}${head.toString("hex")}${attached}`;
  return sealReference({ sender: other, recipient: we, ephemeral: THEIRS[ephemeral]!, iv: "00000000", inner });
}

/** Handshakes taken by an exchange, and by a link that gets them by its radio: `out` is the `at` that it has sent, or 0. */
export function sync(
  we: typeof ODD,
  out: number,
  ...handshakes: [at: string | undefined, ephemeral?: number][]
): Operation[] {
  const other = we === ODD ? EVEN : ODD;
  const args = [we.secret, we.key, other.key, out, handshakes.map(([at, ephemeral]) => handshake(we, at, ephemeral))];
  return [
    ["sync", ...args],
    ["link", ...args],
  ];
}

// a session in which we are EVEN, so that channel packets can be received and sent
const SESSION = [EVEN.secret, EVEN.key, OURS, ODD.key, handshake(EVEN, "1001"), 0] as const;

/** What the entries without a command stand for. */
const described: Record<string, Operation[]> = {
  "keys: 21-byte secret (leading 00), as telehash-c >= f280751 generates": [
    ["public", `00${ODD.secret}`],
    ["seal", `00${ODD.secret}`, ODD.key, EVEN.key, "05".padStart(40, "0"), "01020304", "0000"],
  ],
  "keys: 20-byte secret": [
    ["public", ODD.secret],
    ["seal", ODD.secret, ODD.key, EVEN.key, "05".padStart(40, "0"), "01020304", "0000"],
  ],
  "message: every single bit flip of the BODY, 760 packets, verify": [
    ["messageFlips", EVEN.secret, EVEN.key, ODD.key, OUTER],
  ],
  "handshake: we are ODD, first handshake, even at 1000 (right parity)": sync(ODD, 0, ["1000"]),
  "handshake: we are EVEN, first handshake, odd at 1001 (right parity)": sync(EVEN, 0, ["1001"]),
  "handshake: we are ODD, at 1001 (wrong parity)": sync(ODD, 0, ["1001"]),
  "handshake: we are EVEN, at 1000 (wrong parity)": sync(EVEN, 0, ["1000"]),
  "handshake: we are ODD initiator at 1001, peer acks 1001": sync(ODD, 1001, ["1001"]),
  "handshake: we are EVEN initiator at 1000, peer acks 1000": sync(EVEN, 1000, ["1000"]),
  "handshake: at lower than ours (ours 2001)": sync(ODD, 2001, ["1000"]),
  "handshake: REPLAY: 2000 with new key, then old 1000 with the old key": sync(ODD, 0, ["1000"], ["2000", 1], ["1000"]),
  "handshake: same at, different ephemeral key": sync(ODD, 0, ["1000"], ["1000", 1]),
  "handshake: same handshake twice": sync(ODD, 0, ["1000"], ["1000"]),
  "handshake: higher at, same ephemeral key (keepalive)": sync(ODD, 0, ["1000"], ["2000"]),
  "handshake: at missing": sync(ODD, 0, [undefined]),
  "handshake: at 0": sync(ODD, 0, ["0"]),
  'handshake: at string "1000"': sync(ODD, 0, ['"1000"']),
  "handshake: at negative -1000": sync(ODD, 0, ["-1000"]),
  "handshake: at float 1000.5": sync(ODD, 0, ["1000.5"]),
  "handshake: at 2^32+1000": sync(ODD, 0, ["4294968296"]),
  "handshake: at in milliseconds 1427400000000": sync(ODD, 0, ["1427400000000"]),
  "handshake: at 2^53+2 after 1000": sync(ODD, 0, ["1000"], ["9007199254740994"]),
  "handshake: at 1e3 (exponent form)": sync(ODD, 0, ["1e3"]),
  "handshake: established 1000/1000, then new key with wrong parity 1501": sync(ODD, 0, ["1000"], ["1501", 1]),
  "handshake: exchange with our own key (keys equal)": [["order", ODD.secret, ODD.key, ODD.key]],
  "channel: every single bit flip of IV+INNER+HMAC, 256 packets": [
    [
      "channelFlips",
      ...SESSION,
      "0000a0203fd7494c135c1b8c78fd663950430000000974e5dc1806e5037a8f8664404811ce7e1d3a1c692b4242e8613235f0",
    ],
  ],
  "iv: channel IV start feffffff (wire), 4 packets: IV bytes on the wire": [["channelIvs", ...SESSION, "feffffff", 4]],
  "iv: message IV start feffffff (wire), 4 packets: IV bytes on the wire": [
    ["messageIvs", EVEN.secret, EVEN.key, ODD.key, OURS, "feffffff", 4],
  ],
};

/** A command in full; what the file's message stands for is known by its beginning. */
function whole(command: string): string[] {
  const [, start, length] = /^(.*)\.\.\.\((\d+)\)$/s.exec(command) ?? [];
  if (start === undefined) return command.split(" ");
  const [name, ...args] = start.split(" ");
  if (name === "chunk") return [name, args[0]!, args[1]! + "01".repeat((Number(length) - start.length) / 2)];
  // HEAD and KEY may be changed, what follows is not; then perhaps the sender
  const cut = args[2]!;
  const rest = OUTER.slice(6);
  const head = cut.slice(0, cut.indexOf(rest.slice(42, 60)) - 42);
  const packet = head + cut.slice(head.length, head.length + 42) + rest.slice(42);
  const all = [name!, args[0]!, args[1]!, packet];
  const left = Number(length) - all.join(" ").length;
  // the sender's key is cut off: the right one for verify, a wrong one for decrypt
  const sender = left === 43 ? [name === "msg-verify" ? ODD.key : NOBODY] : [];
  if (!packet.startsWith(cut) || (left && left !== 43))
    throw new VectorError("the command is cut short and is not one that can be made whole");
  return [...all, ...sender];
}

function operations(command: string): Operation[] {
  const [name, ...args] = whole(command).map((word) => (word === "-" ? "" : word));
  const [a, b, c, d, e, f] = args as [string, string, string, string, string, string];
  switch (name) {
    case "msg-encrypt":
      return [["seal", a, b, c, e.padStart(40, "0"), f, d]];
    // by anybody, then by who knows the sender
    case "msg-decrypt":
      return [
        ["decrypt", a, b, c],
        ["message", a, b, d ?? ODD.key, c],
      ];
    case "msg-verify":
      return [["verify", a, b, d, c]];
    // the point times 1
    case "decompress":
      return [["shared", "1".padStart(40, "0"), a]];
    case "lob-parse":
      return [["decode", a]];
    case "recv":
      return [["channelReceive", ...SESSION, a]];
    case "send":
      return [["channelSend", EVEN.secret, EVEN.key, OURS, ODD.key, "", 0, "00000000", a]];
    case "chunk":
      return [["split", Number(a), b]];
    case "unchunk":
      return [["stream", Number(a), b]];
    case "decloak":
      return [["uncloak", a]];
    case "cloak":
      return [["cloak", b, args.slice(2), Number(a)]];
    default:
      throw new VectorError(`nothing is known of a command "${name}"`);
  }
}

const negativeName = (entry: Fields): string => `${entry.text("group")}: ${entry.text("name")}`;

// an entry of the same name may stand for something else in another folder
const answered = new Map<string, string | undefined>();
for (const entry of JSON.parse(readFileSync(new URL("data/peers/negative.json", import.meta.url), "utf8")).vectors) {
  answered.set(`${entry.group}: ${entry.name}`, entry.command);
}

export function negative(entry: Fields, to: Collector): void {
  const name = negativeName(entry);
  let answer = answers[name];
  const command = entry.has("command") ? entry.text("command") : undefined;
  if (!answer || answered.get(name) !== command) {
    to.skip("no right answer is written down for it in test/vectors/negative-answers.ts");
    return;
  }
  const asked = command === undefined ? described[name] : operations(command);
  if (!asked) throw new VectorError("nothing is known of what it stands for");
  // an exchange and a link have one answer
  if (asked[1]?.[0] === "link" && answer.length === 1) answer = [answer[0]!, answer[0]!];
  if (asked.length !== answer.length)
    throw new VectorError(`${asked.length} results are asked for, ${answer.length} written down`);
  const other = onEspruino[name];
  asked.forEach((operation, i) =>
    to.check(
      operation,
      answer[i]!,
      other === undefined
        ? undefined
        : { results: other, reason: "a HEAD that JSON refuses and Espruino's JSON.parse takes" },
    ),
  );
}

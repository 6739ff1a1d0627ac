import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import {
  attachedHead,
  attachedKeys,
  hashname,
  hashnameBytes,
  intermediate,
  isCsid,
  isHashname,
  linkCsid,
} from "../../src/identity/hashname.ts";
import { decode, encode } from "../../src/packet/lob.ts";
import type { Json } from "../../src/packet/lob.ts";
import { fromBase32, fromHex, toBase32, toHex } from "../../src/packet/text.ts";

const vectors = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../vectors/data/${name}.json`, import.meta.url), "utf8"));

interface Vector {
  keys: Record<string, string>;
  hashname: string;
}

const known = (vectors("hashnames") as Vector[]).map(({ keys, hashname: name }) => ({
  keys: Object.fromEntries(Object.entries(keys).map(([csid, key]) => [csid, fromHex(key)])),
  name,
}));

/** Every way to give some of the keys as intermediate digests. */
function* mixtures(keys: Record<string, Uint8Array>): Generator<Record<string, Uint8Array | string>> {
  const csids = Object.keys(keys);
  for (let bits = 0; bits < 1 << csids.length; bits++) {
    yield Object.fromEntries(
      csids.map((csid, i) => [csid, (bits >> i) & 1 ? toBase32(intermediate(keys[csid]!)) : keys[csid]!]),
    );
  }
}

test("hashnames of one to three CSIDs, in any order, as keys or digests", (t) => {
  t.true(known.some(({ keys }) => Object.keys(keys).length === 3));
  for (const { keys, name } of known) {
    for (const parts of mixtures(keys)) {
      t.is(hashname(parts), name);
      t.is(hashname(Object.fromEntries(Object.entries(parts).reverse())), name);
    }
  }
});

test("telehash-c's own fixture: two keys, and their digests", (t) => {
  const digests = {
    "1a": "ym7p66flpzyncnwkzxv2qk5dtosgnnstgfhw6xj2wvbvm7oz5oaq",
    "3a": "bmxelsxgecormqjlnati6chxqua7wzipxliw5le35ifwxlge2zva",
  };
  const keys = {
    "1a": fromBase32("vgjz3yjb6cevxjomdleilmzasbj6lcc7"),
    "3a": fromBase32("hp6yglmmqwcbw5hno37uauh6fn6dx5oj7s5vtapaifrur2jv6zha"),
  };
  const name = "jvdoio6kjvf3yqnxfvck43twaibbg4pmb7y3mqnvxafb26rqllwa";
  t.is(hashname(digests), name);
  t.is(hashname(keys), name);
  t.is(toBase32(intermediate(keys["1a"])), digests["1a"]);
});

test("what telehash-c and e3x-js computed for one key", (t) => {
  const { vectors: list } = vectors("peers/keys-hashnames") as {
    vectors: { public: string; intermediate_base32: string; hashname: string; hashname_hex: string }[];
  };
  t.true(list.length > 0);
  for (const vector of list) {
    t.is(hashname({ "1a": fromHex(vector.public) }), vector.hashname);
    t.is(hashname({ "1a": vector.intermediate_base32 }), vector.hashname);
    t.is(toHex(hashnameBytes(vector.hashname)), vector.hashname_hex);
  }
});

test("what no hashname is made from", (t) => {
  const key = new Uint8Array(21);
  const digest = toBase32(intermediate(key));
  const refused: unknown[] = [
    {},
    { "1A": key },
    { "1": key },
    { "01a": key },
    { cs1a: key },
    { "1a": new Uint8Array(0) },
    { "1a": "" },
    { "1a": true },
    { "1a": null },
    { "1a": key, "3a": digest.slice(1) },
    { "1a": key, "3a": `${digest}a` },
    { "1a": key, "3a": digest.replace(/.$/, "b") },
    { "1a": key, "3a": digest.replace(/^./, "1") },
  ];
  for (const parts of refused)
    t.throws(() => hashname(parts as Record<string, string>), { code: "HASHNAME" }, JSON.stringify(parts));
});

test("a hashname is 52 characters that stand for 32 bytes", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      const text = toBase32(bytes);
      t.true(isHashname(text));
      t.deepEqual(hashnameBytes(text), bytes);
      t.deepEqual(hashnameBytes(text.toUpperCase()), bytes);
    }),
  );
  const { name } = known[0]!;
  // the last: a letter whose lower case is "k"
  for (const text of [
    "",
    name.slice(1),
    `${name}a`,
    ` ${name.slice(1)}`,
    name.replace(/.$/, "r"),
    name.replace(/^./, "0"),
    name.replace(/^./, "\u212a"),
    `${name}\n`,
    5,
    undefined,
    null,
    [name],
  ]) {
    t.false(isHashname(text), String(text));
    t.throws(() => hashnameBytes(text), { code: "HASHNAME" }, String(text));
  }
  t.false(isHashname(name.toUpperCase()));
});

test("the CSID of a link is the highest that both have", (t) => {
  t.is(linkCsid(["1a", "2a", "44"], ["1a", "2a", "55"]), "2a");
  t.is(linkCsid(["3a", "1a", "1c"], ["1c", "1a"]), "1c");
  t.is(linkCsid(["1a"], ["3a"]), undefined);
  t.is(linkCsid([], ["1a"]), undefined);
  // what is none does not win
  t.is(linkCsid(["zz", "1a"], ["zz", "1a"]), "1a");
  t.deepEqual(["1a", "00", "ff", "1A", "1", "", "1aa", "g1"].map(isCsid), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

const attached = (json: Json | undefined, body: Uint8Array) => decode(encode(json, body));

test("the packet attached to a handshake gives the hashname to who knows one key only", (t) => {
  for (const { keys, name } of known) {
    for (const csid of Object.keys(keys)) {
      const head = attachedHead(csid, keys);
      t.is(head[csid], true);
      const parts = attachedKeys(csid, attached(head, keys[csid]!));
      t.is(hashname(parts), name);
      t.deepEqual(parts[csid], keys[csid]);
      t.deepEqual(Object.keys(parts).sort(), Object.keys(keys).sort());
    }
  }
});

test("of the own CSID an attached packet may say nothing, null, true or its digest, and other names are ignored", (t) => {
  const { keys, name } = known.find(({ keys }) => Object.keys(keys).length === 2)!;
  const own = Object.keys(keys).find((csid) => csid === "1a")!;
  const digest = toBase32(intermediate(keys["3a"]!));
  const heads: Json[] = [
    { "3a": digest },
    { "3a": digest, [own]: true },
    { [own]: null, "3a": digest },
    { "3a": digest, [own]: toBase32(intermediate(keys[own]!)) },
    { "3a": digest, type: "link", "3A": 5, "abc": true, "": null },
    JSON.parse(`{"__proto__":{"2a":"x"},"3a":"${digest}"}`) as Json,
  ];
  for (const head of heads) t.is(hashname(attachedKeys(own, attached(head, keys[own]!))), name, JSON.stringify(head));
  t.is(hashname(attachedKeys("1a", attached(undefined, known[0]!.keys["1a"]!))), known[0]!.name);
});

test("attached packets that contradict themselves, or say what is no digest", (t) => {
  const { keys } = known.find((entry) => Object.keys(entry.keys).length === 2)!;
  const key = keys["1a"]!;
  const digest = toBase32(intermediate(keys["3a"]!));
  const cases: [Json | undefined, Uint8Array][] = [
    [{ "3a": digest, "1a": true }, new Uint8Array(0)],
    [undefined, new Uint8Array(0)],
    [{ "3a": true, "1a": true }, key],
    [{ "3a": null }, key],
    [{ "3a": digest.slice(1) }, key],
    [{ "3a": 3, "1a": true }, key],
    [{ "1a": digest }, key],
    [{ "1a": false, "3a": digest }, key],
    [{ "1a": {}, "3a": digest }, key],
  ];
  for (const [json, body] of cases)
    t.throws(() => attachedKeys("1a", attached(json, body)), { code: "HASHNAME" }, JSON.stringify(json));
});

import test from "ava";
import fc from "fast-check";
import { errorTexts } from "../../src/index.ts";
import { hashname, intermediate } from "../../src/identity/hashname.ts";
import { linkInfo, toJson, toJwk, toUri } from "../../src/identity/link-info.ts";
import type { LinkInfo } from "../../src/identity/link-info.ts";
import type { Path } from "../../src/identity/path.ts";
import { peerUri, routerUri, writeUri } from "../../src/identity/uri.ts";
import { fromBase32, toBase32 } from "../../src/packet/text.ts";

// link.md's example; its hashname is "frnf...bjdq" there
const KEY = "aiw4cwmhicwp4lfbsecbdwyr6ymx6xqsli";
const key = fromBase32(KEY);
const NAME = "frnfke2szyna2vwkge6eubxtnkj46rtctqk7g7ewbvfiesycbjdq";
const OTHER = "inalajkn2duoxwbb4lnlzzhh5glbshxvsyrtm23am3g2dw5gp2rq";
// of a Cipher Set that is not here
const KEY3A = new Uint8Array(32).fill(7);
const BOTH = hashname({ "1a": key, "3a": KEY3A });
const counting = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i + 1);

const paths: Path[] = [
  { ip: "192.168.0.55", port: 61407, type: "udp4" },
  { peer: OTHER, type: "peer" },
];

test("link.md's JSON, as text or object", (t) => {
  const json = { keys: { "1a": KEY }, paths, hashname: NAME };
  const expected: LinkInfo = { hashname: NAME, keys: { "1a": key }, paths };
  t.deepEqual(linkInfo(JSON.stringify(json)), expected);
  t.deepEqual(linkInfo(`\n ${JSON.stringify(json, null, 2)} `), expected);
  t.deepEqual(linkInfo(json), expected);
  t.deepEqual(linkInfo({ keys: { "1a": key } }), { ...expected, paths: [] });
  t.deepEqual(linkInfo({ keys: { "1a": Buffer.from(key) }, paths: null, hashname: null }), { ...expected, paths: [] });
  t.deepEqual(toJson(expected), json);
});

test("a JWK and back", (t) => {
  const jwk = { kty: "hashname", kid: BOTH, use: "link", cs1a: KEY, cs3a: toBase32(KEY3A) };
  const info = linkInfo(JSON.stringify(jwk));
  t.deepEqual(info, { hashname: BOTH, keys: { "1a": key, "3a": KEY3A }, paths: [] });
  t.deepEqual(toJwk(info), jwk);
  t.deepEqual(linkInfo({ ...jwk, paths }).paths, paths);
  t.deepEqual(toJwk({ ...info, paths }), { ...jwk, paths });
});

test("a hashname alone, in either case", (t) => {
  for (const text of [
    NAME,
    NAME.toUpperCase(),
    ` ${NAME}\n`,
    `{"hashname":"${NAME}"}`,
    `{"hashname":"${NAME.toUpperCase()}","keys":{}}`,
  ]) {
    t.deepEqual(linkInfo(text), { hashname: NAME, keys: {}, paths: [] });
  }
  t.deepEqual(toJson(linkInfo(NAME)), { hashname: NAME, keys: {}, paths: [] });
  t.throws(() => toJwk(linkInfo(NAME)), { code: "LINK_INFO" });
  t.throws(() => toUri(linkInfo(NAME), { host: "h" }), { code: "LINK_INFO" });
});

test("a direct URI", (t) => {
  const uri = `mote://10.0.0.7/?cs1a=${KEY}`;
  t.deepEqual(linkInfo(uri), {
    hashname: NAME,
    keys: { "1a": key },
    uri,
    paths: [
      { type: "udp4", ip: "10.0.0.7", port: 42424 },
      { type: "tcp4", ip: "10.0.0.7", port: 42424 },
      { type: "http", url: "http://10.0.0.7:42424" },
    ],
  });
  // resolved: the URI is not needed any more
  t.false("uri" in toJson(linkInfo(uri)));
  t.is(toUri(linkInfo(uri), { protocol: "mote" }), uri);
});

test("a URI without keys names no endpoint yet, and is kept", (t) => {
  const info = linkInfo("https://example.com/~user1");
  t.deepEqual(info, {
    keys: {},
    paths: [{ type: "http", url: "https://example.com" }],
    uri: "https://example.com/~user1",
  });
  t.deepEqual(linkInfo(toJson(info)), info);
});

test("a peer's URI says of the router what it says, and nothing of the peer", (t) => {
  const base = routerUri({ "1a": key }, counting, { host: "10.0.0.7" });
  const uri = peerUri(base, OTHER, counting);
  const info = linkInfo(uri);
  t.deepEqual(info.keys, {});
  t.is(info.hashname, undefined);
  t.is(info.uri, uri);
  t.deepEqual(info.paths, [{ type: "peer", hn: NAME, peer: NAME, uri: base }]);
  t.deepEqual(info.router, linkInfo(base));
  t.is(info.fragment!.digest.length, 8);
  t.deepEqual(info.fragment!.rest, counting(10));
  // kept as JSON it is the same; it does not become a link to the router
  t.deepEqual(linkInfo(JSON.stringify(toJson(info))), info);
  t.is(toUri(info), uri);
  t.throws(() => toJwk(info), { code: "LINK_INFO" });
  // a router that does not say its keys
  const hidden = linkInfo(peerUri("link://10.0.0.7/?sid=42", OTHER, counting));
  t.deepEqual(hidden.paths, []);
  t.is(hidden.router!.paths.length, 3);
});

test("a hashname that is not that of the keys is refused in every form", (t) => {
  for (const json of [
    { keys: { "1a": KEY }, hashname: OTHER },
    { kty: "hashname", use: "link", kid: OTHER, cs1a: KEY },
    // of both keys, but only one is there
    { keys: { "1a": KEY }, hashname: BOTH },
    { kty: "hashname", use: "link", kid: BOTH, cs1a: KEY },
    { keys: { "1a": KEY }, hashname: NAME, intermediates: { "3a": toBase32(intermediate(KEY3A)) } },
  ])
    t.throws(() => linkInfo(json), { code: "HASHNAME_KEYS" }, JSON.stringify(json));
});

test("what an application kept itself may have fewer keys than its hashname", (t) => {
  const json = { keys: { "1a": KEY }, paths: [], hashname: BOTH };
  const info = linkInfo(json, { stored: true });
  t.is(info.hashname, BOTH);
  t.deepEqual(toJson(info), json);
  // but then it is not shared as if it were all
  t.throws(() => toJwk(info), { code: "HASHNAME_KEYS" });
  t.throws(() => toUri(info, { host: "h" }), { code: "HASHNAME_KEYS" });
  t.throws(() => linkInfo({ kty: "hashname", use: "link", kid: BOTH, cs1a: KEY }, { stored: true }), {
    code: "HASHNAME_KEYS",
  });
});

test("intermediate digests stand for keys that are not there", (t) => {
  const json = {
    keys: { "1a": KEY },
    paths: [],
    hashname: BOTH,
    intermediates: { "3a": toBase32(intermediate(KEY3A)) },
  };
  const info = linkInfo(json);
  t.is(info.hashname, BOTH);
  t.deepEqual(info.intermediates, json.intermediates);
  t.deepEqual(toJson(info), json);
  t.is(linkInfo({ ...json, hashname: undefined }).hashname, BOTH);
  t.throws(() => toUri(info, { host: "h" }), { code: "HASHNAME_KEYS" });
});

test("other fields are kept, but none that may be secret", (t) => {
  const json = {
    name: "kitchen",
    tags: [1, { secret: "the application's own" }],
    keys: { "1a": KEY },
    paths: [],
    hashname: NAME,
    uri: "https://example.com",
    secrets: { "1a": "aa" },
    Secret: "aa",
    "1a_secret": "aa",
    privateKey: "aa",
  };
  const text = JSON.stringify(json).replace("{", '{"__proto__":{"polluted":1},');
  const info = linkInfo(text);
  const { secrets: _, Secret: __, "1a_secret": ___, privateKey: ____, ...kept } = json;
  t.deepEqual(
    { ...(toJson(info) as object) },
    JSON.parse(JSON.stringify(kept).replace("{", '{"__proto__":{"polluted":1},')),
  );
  t.false("polluted" in {});
  t.is((info.more as { polluted?: number }).polluted, undefined);
  t.regex(JSON.stringify(toJwk(info)), /"name":"kitchen"/);
  t.notRegex(JSON.stringify([toJson(info), toJwk(info)]), /"aa"/);
});

test("paths that make no sense", (t) => {
  const good: Path[] = [
    { type: "udp6", ip: "fe80::1%eth0", port: 65535 },
    { type: "tcp6", ip: "::ffff:1.2.3.4", port: 1 },
    { type: "http", url: "HTTPS://example.com/x?y#z" },
    { type: "peer", hn: OTHER },
    { type: "peer", peer: OTHER, hn: "x", uri: "link://h" },
    { type: "ble", address: "c0:ff:ee:00:00:01" },
    { type: "constructor" },
  ];
  t.deepEqual(linkInfo({ hashname: NAME, paths: good }).paths, good);
  const bad: unknown[] = [
    null,
    1,
    "udp4",
    [],
    {},
    { type: 4 },
    { type: "" },
    { type: "a b" },
    { type: "x".repeat(33) },
    { type: "x", y: "z".repeat(1024) },
    { type: "udp4" },
    { type: "udp4", ip: "10.0.0.7" },
    { type: "udp4", port: 1 },
    { type: "udp4", ip: "10.0.0.7", port: "1" },
    { type: "udp4", ip: "10.0.0.7", port: 0 },
    { type: "udp4", ip: "10.0.0.7", port: 65536 },
    { type: "udp4", ip: "10.0.0.7", port: 1.5 },
    { type: "udp4", ip: "::1", port: 1 },
    { type: "udp4", ip: "10.0.0.256", port: 1 },
    { type: "udp4", ip: "10.0.0", port: 1 },
    { type: "udp4", ip: "10.0.0.7.", port: 1 },
    { type: "udp4", ip: "010.0.0.7", port: 1 },
    { type: "udp4", ip: "example.com", port: 1 },
    { type: "tcp6", ip: "10.0.0.7", port: 1 },
    { type: "tcp6", ip: "[::1]", port: 1 },
    { type: "tcp6", ip: "::1%", port: 1 },
    { type: "tcp6", ip: ":::", port: 1 },
    { type: "tcp6", ip: "::1]/#[", port: 1 },
    { type: "http" },
    { type: "http", url: "ftp://example.com" },
    { type: "http", url: "http://" },
    { type: "http", url: "javascript:alert(1)" },
    { type: "http", url: "http://a b/" },
    { type: "http", http: "http://example.com" },
    { type: "peer" },
    { type: "peer", hn: OTHER.slice(1) },
    { type: "peer", hn: OTHER.toUpperCase() },
    { type: "peer", hn: OTHER, uri: 5 },
  ];
  for (const path of bad)
    t.throws(() => linkInfo({ hashname: NAME, paths: [path] }), { code: "PATH" }, JSON.stringify(path).slice(0, 80));
  t.is(
    linkInfo({ hashname: NAME, paths: [paths[0], { port: 61407, ip: "192.168.0.55", type: "udp4" }] }).paths.length,
    1,
  );
});

test("texts and objects that name no link", (t) => {
  const cyclic: Record<string, unknown> = { hashname: NAME };
  cyclic["self"] = cyclic;
  const cases: [string | object, string][] = [
    ["", "LINK_INFO"],
    ["hello", "LINK_INFO"],
    ["{", "LINK_INFO"],
    ["{}", "LINK_INFO"],
    ["[]", "LINK_INFO"],
    ['"x"', "LINK_INFO"],
    [[], "LINK_INFO"],
    [cyclic, "LINK_INFO"],
    [KEY, "LINK_INFO"],
    [NAME.slice(1), "LINK_INFO"],
    [NAME.replace(/.$/, "b"), "HASHNAME"],
    [NAME.replace(/^./, "\u212a"), "LINK_INFO"],
    ['{"paths":[]}', "LINK_INFO"],
    ['{"keys":{}}', "LINK_INFO"],
    [{ hashname: 5 }, "HASHNAME"],
    [{ hashname: "" }, "HASHNAME"],
    [{ hashname: NAME, keys: [] }, "LINK_INFO"],
    [{ hashname: NAME, keys: "1a" }, "LINK_INFO"],
    [{ hashname: NAME, paths: {} }, "LINK_INFO"],
    [{ keys: { "1A": KEY } }, "LINK_INFO"],
    [{ keys: { cs1a: KEY } }, "LINK_INFO"],
    [{ keys: { "1a": 5 } }, "LINK_INFO"],
    [{ keys: { "1a": "" } }, "LINK_INFO"],
    [{ keys: { "1a": `${KEY}a` } }, "BASE32"],
    [{ keys: { "1a": KEY.slice(1) } }, "BASE32"],
    [{ keys: { "1a": toBase32(key.slice(1)) } }, "KEY_LENGTH"],
    [{ keys: { "1a": toBase32(new Uint8Array(21)) } }, "KEY_PREFIX"],
    [{ keys: { "1a": toBase32(new Uint8Array(21).fill(255).fill(2, 0, 1)) } }, "KEY_RANGE"],
    [{ keys: { "1c": KEY } }, "KEY_LENGTH"],
    [{ keys: { "3a": "a".repeat(1032) } }, "LINK_INFO"],
    [{ keys: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [(160 + i).toString(16), "aa"])) }, "LINK_INFO"],
    [{ hashname: NAME, paths: Array.from({ length: 17 }, (_, i) => ({ type: `t${i}` })) }, "LINK_INFO"],
    [{ hashname: NAME, x: "y".repeat(17000) }, "LINK_INFO"],
    ["x".repeat(17000), "LINK_INFO"],
    [{ keys: { "1a": KEY }, intermediates: { "3A": NAME } }, "LINK_INFO"],
    [{ keys: { "1a": KEY }, intermediates: { "3a": KEY } }, "HASHNAME"],
    [{ keys: { "1a": KEY }, intermediates: { "3a": true } }, "HASHNAME"],
    // with those of its host there are 17
    [
      writeUri(
        {},
        Array.from({ length: 14 }, (_, i) => ({ type: `t${i}` })),
        { host: "10.0.0.7" },
      ),
      "LINK_INFO",
    ],
    [{ uri: 5 }, "LINK_INFO"],
    [{ uri: "x" }, "URI"],
    ["x://", "LINK_INFO"],
    [`x:///#${"a".repeat(13)}`, "LINK_INFO"],
    ["see http://example.com", "URI"],
    [{ kty: "hashname", use: "link", cs1a: KEY }, "LINK_INFO"],
    [{ kty: "hashname", kid: NAME, cs1a: KEY }, "LINK_INFO"],
    [{ kty: "hashname", kid: NAME, use: "sig", cs1a: KEY }, "LINK_INFO"],
    [{ kty: "hashname", kid: NAME, use: "link" }, "LINK_INFO"],
    [{ kty: "hashname", kid: NAME, use: "link", keys: { "1a": KEY } }, "LINK_INFO"],
    [{ kty: "EC", kid: NAME, use: "link", cs1a: KEY }, "LINK_INFO"],
  ];
  for (const [input, code] of cases)
    t.throws(
      () => linkInfo(input),
      { code },
      typeof input === "string" ? input.slice(0, 80) : Object.keys(input).join(),
    );
  t.throws(() => toJson({ keys: {}, paths: [] }), { code: "LINK_INFO" });
});

test("a URI has its host from the first path with an address, unless it is said", (t) => {
  const info = linkInfo({
    keys: { "1a": key },
    paths: [{ type: "ble" }, { type: "tcp6", ip: "fe80::1", port: 7 }, ...paths],
  });
  t.true(toUri(info).startsWith(`link://[fe80::1]:7/?cs1a=${KEY}&paths=`));
  t.deepEqual(linkInfo(toUri(info)).paths.slice(0, 3), [{ type: "ble" }, ...paths]);
  t.true(toUri(info, { host: "h", port: 5 }).startsWith(`link://h:5/?cs1a=${KEY}&paths=`));
  t.is(toUri(linkInfo({ keys: { "1a": key } }), { protocol: "mote" }), `mote:///?cs1a=${KEY}`);
  t.is(
    linkInfo(toUri(linkInfo({ keys: { "1a": key }, paths: [{ type: "udp6", ip: "fe80::1%eth0", port: 7 }] })))
      .paths[0]!["ip"],
    "fe80::1%eth0",
  );
});

test("each form gives the link of which it was made", (t) => {
  const csid = fc
    .integer({ min: 0, max: 255 })
    .map((n) => n.toString(16).padStart(2, "0"))
    .filter((id) => id !== "1a" && id !== "1c");
  const keys = fc.dictionary(csid, fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxKeys: 3 });
  const path: fc.Arbitrary<Path> = fc.oneof(
    fc.record({ type: fc.constantFrom("udp4", "tcp4"), ip: fc.ipV4(), port: fc.integer({ min: 1, max: 65535 }) }),
    fc.record({ type: fc.constantFrom("udp6", "tcp6"), ip: fc.ipV6(), port: fc.integer({ min: 1, max: 65535 }) }),
    fc.record({ type: fc.constant("http"), url: fc.webUrl().filter((url) => url.length < 500) }),
    fc.record({ type: fc.constant("ble"), name: fc.string({ maxLength: 30 }) }),
  );
  fc.assert(
    fc.property(keys, fc.array(path, { maxLength: 5 }), (others, list) => {
      const info = linkInfo({ keys: { ...others, "1a": key }, paths: list });
      t.deepEqual(linkInfo(JSON.stringify(toJson(info))), info);
      t.deepEqual(linkInfo(JSON.stringify(toJwk(info))), info);
      const { uri: _, paths: read, ...rest } = linkInfo(toUri(info));
      t.deepEqual({ ...rest, paths: info.paths }, info);
      for (const wanted of info.paths)
        t.true(
          read.some(
            (one) => JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(wanted).sort()),
          ),
        );
    }),
  );
});

test("whatever comes, it is a link or refused with a code", (t) => {
  const base = peerUri(routerUri({ "1a": key }, counting, { host: "10.0.0.7" }), OTHER, counting);
  const valid = [
    base,
    toUri({ keys: { "1a": key }, paths }),
    JSON.stringify(toJson({ hashname: NAME, keys: { "1a": key }, paths })),
    JSON.stringify(toJwk({ keys: { "1a": key }, paths })),
    NAME,
  ];
  const refuses = (input: string | object): void => {
    try {
      const info = linkInfo(input);
      t.true(info.hashname !== undefined || info.uri !== undefined);
      linkInfo(toJson(info));
    } catch (error) {
      t.true((error as { code: string }).code in errorTexts, String(error));
    }
  };
  const damaged = fc
    .tuple(fc.constantFrom(...valid), fc.nat(), fc.nat(8), fc.string({ unit: "binary", maxLength: 4 }))
    .map(([text, at, cut, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + cut));
  fc.assert(fc.property(damaged, refuses), { numRuns: 2000 });
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 100 }), refuses));
  fc.assert(
    fc.property(
      fc.object({
        key: fc.constantFrom(
          "keys",
          "paths",
          "hashname",
          "kty",
          "kid",
          "use",
          "cs1a",
          "intermediates",
          "uri",
          "1a",
          "type",
        ),
        maxDepth: 3,
      }),
      refuses,
    ),
    { numRuns: 500 },
  );
});

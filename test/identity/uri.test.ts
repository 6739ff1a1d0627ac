import test from "ava";
import fc from "fast-check";
import { hashname } from "../../src/identity/hashname.ts";
import type { Path } from "../../src/identity/path.ts";
import {
  capitals,
  checkFragment,
  makeFragment,
  peerUri,
  readFragment,
  readUri,
  routerUri,
  sessionOf,
  writeFragment,
  writeUri,
} from "../../src/identity/uri.ts";
import type { UriOptions } from "../../src/identity/uri.ts";
import { fromBase32, toBase32 } from "../../src/packet/text.ts";

// link.md's example
const KEY = "aiw4cwmhicwp4lfbsecbdwyr6ymx6xqsli";
const key = fromBase32(KEY);
const NAME = "frnfke2szyna2vwkge6eubxtnkj46rtctqk7g7ewbvfiesycbjdq";
const OTHER = "inalajkn2duoxwbb4lnlzzhh5glbshxvsyrtm23am3g2dw5gp2rq";
const counting = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i + 1);

const v4 = (ip: string, port: number): Path[] => [
  { type: "udp4", ip, port },
  { type: "tcp4", ip, port },
  { type: "http", url: `http://${ip}:${port}` },
];

test("a URI has the key, and the port unless it is 42424", (t) => {
  t.is(writeUri({ "1a": key }, [], { host: "192.168.0.55", port: 61407 }), `link://192.168.0.55:61407/?cs1a=${KEY}`);
  t.is(
    writeUri({ "1a": key }, [], { host: "192.168.0.55", port: 42424, protocol: "mote" }),
    `mote://192.168.0.55/?cs1a=${KEY}`,
  );
  t.is(writeUri({ "1a": key }, [], { host: "fe80::1", port: 1 }), `link://[fe80::1]:1/?cs1a=${KEY}`);
  t.is(
    writeUri({ "1a": key }, [], { host: "example.com", protocol: "http", port: 42424 }),
    `http://example.com:42424/?cs1a=${KEY}`,
  );
  t.is(
    writeUri({ "1a": key }, [], { host: "h", query: { "a b": "&=#", sid: "42" } }),
    `link://h/?a%20b=%26%3D%23&sid=42&cs1a=${KEY}`,
  );
  t.is(writeUri({ "1a": key }), `link:///?cs1a=${KEY}`);
  t.is(writeUri({}, [], { host: "h" }), "link://h/");
});

test("reading gives what is in it, and the paths of host and port", (t) => {
  t.deepEqual(readUri(`chat://127.0.0.1:55772/?cs1a=${KEY}`), {
    uri: `chat://127.0.0.1:55772/?cs1a=${KEY}`,
    protocol: "chat",
    host: "127.0.0.1",
    port: 55772,
    keys: { "1a": key },
    paths: v4("127.0.0.1", 55772),
  });
  const short = readUri(`link://127.0.0.1?cs1a=${KEY}#`);
  t.is(short.port, 42424);
  t.deepEqual(short.paths, v4("127.0.0.1", 42424));
  t.is(short.fragment, undefined);
  t.is(short.uri, `link://127.0.0.1?cs1a=${KEY}`);
  t.deepEqual(readUri("link://[fe80::1]:9/").paths, [
    { type: "udp6", ip: "fe80::1", port: 9 },
    { type: "tcp6", ip: "fe80::1", port: 9 },
    { type: "http", url: "http://[fe80::1]:9" },
  ]);
  // a name has to be resolved first
  t.deepEqual(readUri("link://gw.example.com").paths, [{ type: "http", url: "http://gw.example.com:42424" }]);
  // a web address leads to itself
  t.deepEqual(readUri("https://example.com/~user1?ref=1").paths, [{ type: "http", url: "https://example.com" }]);
  t.deepEqual(readUri("http://10.0.0.1/").paths, [
    ...v4("10.0.0.1", 42424).slice(0, 2),
    { type: "http", url: "http://10.0.0.1" },
  ]);
  t.deepEqual(readUri("http://10.0.0.1:8080/").paths, v4("10.0.0.1", 8080));
  t.deepEqual(readUri(`mote:///?cs1a=${KEY}`), {
    uri: `mote:///?cs1a=${KEY}`,
    protocol: "mote",
    host: "",
    port: 42424,
    keys: { "1a": key },
    paths: [],
  });
});

test("capital letters are the same", (t) => {
  const plain = writeUri({ "1a": key }, [{ type: "udp4", ip: "1.2.3.4", port: 5 }], { host: "gw.example.com" });
  const { uri, ...expected } = readUri(`${plain}#${writeFragment(makeFragment(NAME, counting))}`);
  const { uri: loud, ...read } = readUri(`${plain}#${writeFragment(makeFragment(NAME, counting))}`.toUpperCase());
  t.is(loud, uri.toUpperCase());
  t.deepEqual(read, expected);
});

test("keys and paths go into an existing URI, of which no byte changes", (t) => {
  const path: Path = { type: "test" };
  // the value is in a test of telehash-c
  t.is(writeUri({}, [path], { base: "foo://bar:1/" }), "foo://bar:1/?paths=pmrhi6lqmurduitumvzxiit5");
  const bases: [string, string][] = [
    ["https://user@Example.com/a/../b%20c", "?"],
    ["https://example.com/?x=a%20b+c&y", "&"],
    ["https://example.com/?", ""],
    ["https://example.com/?a&", ""],
    ["foo://bar", "?"],
  ];
  for (const [base, joint] of bases) {
    const uri = writeUri({ "1a": key }, [path], { base, query: { q: "1" } });
    t.is(uri, `${base}${joint}q=1&cs1a=${KEY}&paths=pmrhi6lqmurduitumvzxiit5`);
    t.deepEqual(readUri(uri).keys, { "1a": key });
    t.deepEqual(readUri(uri).paths[0], path);
  }
});

test("uri.md's paths are read as they were written; those that host and port give are not repeated", (t) => {
  const paths: Path[] = [
    { url: "http://192.168.0.36:42424", type: "http" },
    { ip: "192.168.0.36", port: 42424, type: "udp4" },
    { ip: "fe80::bae8:56ff:fe43:3de4", port: 42424, type: "tcp6" },
  ];
  const values = (uri: string): string[] => new URL(uri).searchParams.getAll("paths");
  const all = writeUri({}, paths, { host: "example.com" });
  t.is(values(all).length, 3);
  t.true(values(all).every((value) => value.startsWith("pmrh") || value.startsWith("pmrg")));
  t.deepEqual(readUri(all).paths.slice(0, 3), paths);
  const some = writeUri({}, paths, { host: "192.168.0.36" });
  t.is(values(some).length, 1);
  for (const path of paths)
    t.true(
      readUri(some).paths.some(
        (read) => JSON.stringify(Object.entries(read).sort()) === JSON.stringify(Object.entries(path).sort()),
      ),
    );
});

test("whatever is written is read", (t) => {
  const csid = fc
    .integer({ min: 0, max: 255 })
    .map((n) => n.toString(16).padStart(2, "0"))
    .filter((id) => id !== "1a" && id !== "1c");
  const keys = fc.dictionary(csid, fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxKeys: 4 });
  const port = fc.integer({ min: 1, max: 65535 });
  const paths = fc.uniqueArray(
    fc.record({ type: fc.constantFrom("ble", "webrtc", "x.y-z"), name: fc.string({ unit: "binary", maxLength: 20 }) }),
    { selector: (path) => JSON.stringify(path), maxLength: 4 },
  );
  const host = fc.oneof(fc.ipV4(), fc.constantFrom("", "::1", "fe80::2", "example.com", "a_b-c"));
  fc.assert(
    fc.property(
      keys,
      paths,
      host,
      port,
      fc.constantFrom("link", "mote", "x+y.z-1", "http"),
      (keys, paths, host, port, protocol) => {
        fc.pre(protocol !== "http" || host !== "");
        const read = readUri(writeUri(keys, paths, { host, protocol, ...(host && { port }) }));
        t.deepEqual(read.keys, keys);
        t.deepEqual(read.paths.slice(0, paths.length), paths);
        t.is(read.host, host);
        t.is(read.protocol, protocol);
        if (host) t.true(read.paths.length > paths.length);
        if (host && protocol !== "http") t.is(read.port, port);
      },
    ),
  );
});

test("texts that are no such URI", (t) => {
  const many = (name: string, n: number): string =>
    Array.from(
      { length: n },
      (_, i) =>
        `${name === "paths" ? name : `cs${(i + 160).toString(16)}`}=${name === "paths" ? toBase32(new TextEncoder().encode(`{"type":"t${i}"}`)) : "aa"}`,
    ).join("&");
  const refused: [string, string][] = [
    ["", "URI"],
    ["host:1?cs1a=x", "URI"],
    ["link:/h", "URI"],
    ["//h/", "URI"],
    ["1link://h", "URI"],
    ["link://h\\x", "URI"],
    ["link://h/\t", "URI"],
    ["link://h /", "URI"],
    ["link://h\u00e9/", "URI"],
    ["http://", "URI"],
    ["link://h:0", "URI"],
    ["link://h:65536", "URI"],
    ["link://h:x", "URI"],
    ["link://[::g]/", "URI"],
    ["link://a%20b/", "URI"],
    [`link://h/${"a".repeat(8192)}`, "URI"],
    [`link://h/?cs1a=${KEY.slice(0, -1)}1`, "BASE32"],
    [`link://h/?cs1a=${KEY.slice(1)}`, "BASE32"],
    ["link://h/?cs1a=", "LINK_INFO"],
    ["link://h/?cs3a=a%E2%84%AA", "BASE32"],
    ["link://h/?cs1a=mzxw6", "KEY_LENGTH"],
    [`link://h/?cs1a=b${KEY.slice(1)}`, "KEY_PREFIX"],
    [`link://h/?cs1a=${KEY}&cs1a=${KEY}`, "LINK_INFO"],
    [`link://h/?cs1a=${KEY}&CS1A=${KEY}`, "LINK_INFO"],
    [`link://h/?${many("cs", 17)}`, "LINK_INFO"],
    [`link://h/?${many("paths", 17)}`, "LINK_INFO"],
    [`link://h/?cs3a=${"a".repeat(1032)}`, "LINK_INFO"],
    ["link://h/?paths=", "PATH"],
    ["link://h/?paths=mzxw6", "PATH"],
    ["link://h/?paths=8", "PATH"],
    [`link://h/?paths=${toBase32(new Uint8Array([123, 34, 255, 34, 125]))}`, "PATH"],
  ];
  for (const [text, code] of refused) t.throws(() => readUri(text), { code }, text.slice(0, 80));
  t.notThrows(() => readUri(`link://h/?${many("cs", 16)}&${many("paths", 16)}`));
});

test("options that make no URI", (t) => {
  const refused: UriOptions[] = [
    { host: "a/b" },
    { host: "a?cs1a=x" },
    { host: "a:1" },
    { host: "u@h" },
    { host: "fe80::1%eth0" },
    { host: "h", port: 0 },
    { host: "h", port: 1.5 },
    { host: "h", port: 65536 },
    { host: "h", protocol: "" },
    { host: "h", protocol: "a:b" },
    { host: "h", protocol: "javascript:alert(1)//" },
    { base: "link://h/#x" },
    { base: "nothing" },
    { protocol: "http" },
    { host: "h", query: { x: "y".repeat(9000) } },
  ];
  for (const options of refused)
    t.throws(() => writeUri({ "1a": key }, [], options), { code: "URI" }, JSON.stringify(options).slice(0, 80));
  // two keys of a CSID
  t.throws(() => writeUri({ "1a": key }, [], { base: `link://h/?cs1a=${KEY}` }), { code: "LINK_INFO" });
  t.throws(() => writeUri({ "1a": key }, [], { host: "h", query: { cs1a: KEY } }), { code: "LINK_INFO" });
});

test("a peer's fragment is the digest of its second part, by its hashname", (t) => {
  const fragment = makeFragment(NAME, counting);
  // computed apart, in Python
  t.is(writeFragment(fragment), "ipxomiz3frgz4.aebagbafaydqqcik");
  t.true(checkFragment(NAME, fragment));
  t.false(checkFragment(OTHER, fragment));
  t.throws(() => checkFragment("x", fragment), { code: "HASHNAME" });
  t.throws(() => makeFragment("x", counting), { code: "HASHNAME" });
  for (let bit = 0; bit < 8 * 18; bit++) {
    const bytes = new Uint8Array([...fragment.digest, ...fragment.rest!]);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    t.false(checkFragment(NAME, { digest: bytes.slice(0, 8), rest: bytes.slice(8) }), `bit ${bit}`);
  }
});

test("with the digest alone one can ask; the answer has to have the same, and the rest that fits", (t) => {
  const fragment = makeFragment(NAME, counting);
  const asked = readFragment(writeFragment(fragment).split(".")[0]!);
  t.deepEqual(asked, { digest: fragment.digest });
  t.deepEqual(readFragment(`${toBase32(fragment.digest)}.`), asked);
  t.false(checkFragment(NAME, asked));
  t.true(checkFragment(NAME, fragment, asked));
  t.true(checkFragment(NAME, fragment, fragment));
  // the router's choice of another peer, or of another URI of the same
  t.false(checkFragment(OTHER, makeFragment(OTHER, counting), asked));
  const second = makeFragment(NAME, (n) => counting(n).reverse());
  t.true(checkFragment(NAME, second));
  t.false(checkFragment(NAME, second, asked));
  t.false(checkFragment(NAME, fragment, { digest: fragment.digest, rest: second.rest! }));
});

test("fragments of any length are read, in either case; others are refused", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 256 }), (rest) => {
      const fragment = makeFragment(NAME, () => rest);
      t.deepEqual(readFragment(writeFragment(fragment)), fragment);
      t.deepEqual(readFragment(writeFragment(fragment).toUpperCase()), fragment);
    }),
  );
  const { digest } = makeFragment(NAME, counting);
  const text = toBase32(digest);
  // the fifth is of an older draft: telehash-js's own test
  for (const bad of [
    "section",
    ".",
    "",
    `.${text}`,
    "rtcsaqnccscuclgbt6nro6rnka",
    text.slice(1),
    `${text}a`,
    `${text}.aa.aa`,
    `${text}.a`,
    `${text}.a1`,
    `${text.slice(0, 12)}b.aa`,
    `${text}.${"aa".repeat(300)}`,
    `${text}.ae#`,
  ]) {
    t.throws(() => readFragment(bad), { code: "URI" }, bad.slice(0, 60));
    if (bad) t.throws(() => readUri(`link://h/#${bad}`), { code: "URI" }, bad.slice(0, 60));
  }
});

test("a router's URI knows the peer by chance alone, and the peer makes it its own", (t) => {
  const base = routerUri({ "1a": key }, counting, { host: "127.0.0.1" });
  t.is(base, `link://127.0.0.1/?sid=aebagbafaydqqcik&cs1a=${KEY}`);
  t.is(sessionOf(base), "aebagbafaydqqcik");
  t.is(sessionOf(base.toUpperCase()), "aebagbafaydqqcik");
  t.is(sessionOf(`link://h/?cs1a=${KEY}`), undefined);
  const uri = peerUri(base, OTHER, counting);
  t.true(uri.startsWith(`${base}#`));
  t.false(uri.includes(OTHER));
  const read = readUri(uri);
  t.is(read.uri, base);
  t.true(checkFragment(OTHER, read.fragment!));
  t.is(sessionOf(uri), "aebagbafaydqqcik");
  t.throws(() => peerUri(uri, OTHER, counting), { code: "URI" });
  t.throws(() => peerUri(base, "x", counting), { code: "HASHNAME" });
});

test("capitals change base32 alone, and the meaning of nothing", (t) => {
  const path: Path = { type: "ble", name: "k\u00fcche" };
  const uri = peerUri(
    writeUri({ "1a": key, "3a": counting(32) }, [path], {
      base: "https://u@example.com/cs1a=x?sid=aBc&xpaths=aa&cs1bz",
      query: { cs1: "aa" },
    }),
    NAME,
    counting,
  );
  const loud = capitals(uri);
  t.not(loud, uri);
  t.is(loud.toLowerCase(), uri.toLowerCase());
  t.true(loud.startsWith("https://u@example.com/cs1a=x?sid=aBc&xpaths=aa&cs1bz&cs1=aa&cs1a="));
  t.true(loud.includes(`&cs1a=${KEY.toUpperCase()}&cs3a=A`));
  const { uri: _, ...meaning } = readUri(uri);
  const { uri: __, ...same } = readUri(loud);
  t.deepEqual(same, meaning);
  t.is(hashname(same.keys), hashname(meaning.keys));
});

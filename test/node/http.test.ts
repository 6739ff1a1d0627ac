import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import test from "ava";
import type { ExecutionContext } from "ava";
import { serve } from "../../src/channel/thtp.ts";
import type { Asked, Response } from "../../src/channel/thtp.ts";
import { ask, httpHandler } from "../../src/node/http.ts";
import type { AskError, HttpOptions } from "../../src/node/http.ts";
import { alive, data, packed, raw, text } from "../channel/pair.ts";
import { hex } from "../helpers/core.ts";
import { loopback } from "../endpoint/loopback.ts";
import type { Loopback } from "../endpoint/loopback.ts";

interface Got {
  status: number;
  reason: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** b is the device; a client of HTTP asks a's server. */
async function begin(
  t: ExecutionContext,
  options: HttpOptions = {},
): Promise<
  Loopback & {
    get(path: string, more?: { method?: string; headers?: Record<string, string>; body?: Uint8Array }): Promise<Got>;
    port: number;
    asked: Asked[];
    answer(how: (asked: Asked) => Response | undefined): void;
  }
> {
  const world = loopback();
  const server = createServer(httpHandler(world.a.endpoint, options)).listen(0, "127.0.0.1");
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const asked: Asked[] = [];
  let how: (asked: Asked) => Response | undefined = () => ({});
  serve(world.b.endpoint, (one, respond) => {
    asked.push(one);
    const response = how(one);
    if (response) respond(response);
  });
  return Object.assign(world, {
    port,
    asked,
    answer: (other: typeof how) => {
      how = other;
    },
    get: async (
      path: string,
      { body, ...more }: { method?: string; headers?: Record<string, string>; body?: Uint8Array } = {},
    ) =>
      (await world.when(
        new Promise<Got>((resolve, reject) => {
          const asking = httpRequest({ host: "127.0.0.1", port, path, ...more }, (incoming) => {
            const parts: Buffer[] = [];
            incoming.on("data", (part: Buffer) => parts.push(part));
            incoming.on("end", () =>
              resolve({
                status: incoming.statusCode!,
                reason: incoming.statusMessage!,
                headers: incoming.headers,
                body: Buffer.concat(parts),
              }),
            );
          });
          asking.on("error", reject);
          asking.end(body);
        }),
      ))!,
  });
}

test("a path names the device and what it is asked for", async (t) => {
  const world = await begin(t);
  const name = world.ab.hashname;
  world.answer(({ path }) => ({
    status: 203,
    reason: "So it seems",
    headers: { "content-type": "text/plain", etag: '"1"' },
    body: `at ${path}`,
  }));
  for (const [path, there] of [
    ["/temperature", "/temperature"],
    ["/a/b?c=d&e", "/a/b?c=d&e"],
    ["", "/"],
    ["/", "/"],
    ["?q", "/?q"],
    ["//x/../y%20z", "//x/../y%20z"],
  ]) {
    const { status, reason, headers, body } = await world.get(`/${name}${path}`);
    t.deepEqual(
      [status, reason, headers["content-type"], headers.etag, headers["content-length"], text(body)],
      [203, "So it seems", "text/plain", '"1"', String(there!.length + 3), `at ${there}`],
    );
  }
  t.deepEqual([...new Set(world.asked.map(({ method }) => method))], ["GET"]);

  const based = await begin(t, { base: "/devices" });
  t.is((await based.get(`/devices/${name}/x`)).status, 200);
  for (const path of [`/${name}/x`, `/devicesx/${name}/x`, `/devices/devices/${name}/x`])
    t.is((await based.get(path)).status, 404);
  t.deepEqual(
    based.asked.map(({ path }) => path),
    ["/x"],
  );
});

test("contents and some headers go to the device, with any method", async (t) => {
  const world = await begin(t);
  const name = world.ab.hashname;
  world.answer(({ body }) => ({ body: body.map((byte) => byte ^ 255) }));
  const { status, body } = await world.get(`/${name}/config`, {
    method: "PUT",
    body: data(3000),
    headers: {
      "content-type": "application/cbor",
      cookie: "secret",
      authorization: "Basic x",
      accept: "*/*",
      "if-none-match": '"2"',
      "x-more": "y",
    },
  });
  t.deepEqual([status, hex(body)], [200, hex(data(3000).map((byte) => byte ^ 255))]);
  const [one] = world.asked;
  t.deepEqual(
    [one!.method, one!.path, one!.headers, hex(one!.body)],
    ["PUT", "/config", { "content-type": "application/cbor", "if-none-match": '"2"' }, hex(data(3000))],
  );
  await world.get(`/${name}`, { headers: { accept: "text/plain" } });
  t.deepEqual(world.asked[1]!.headers, { accept: "text/plain" });

  const all = await begin(t, { headers: ["x-more", "x-none"] });
  await all.get(`/${name}`, { method: "DELETE", headers: { "x-more": "y", "content-type": "a/b" } });
  t.deepEqual([all.asked[0]!.method, all.asked[0]!.headers], ["DELETE", { "x-more": "y" }]);
});

test("who is not there is 404, who is not linked 502, who may not 403", async (t) => {
  const world = await begin(t, { allow: ({ method }) => method === "GET" });
  const name = world.ab.hashname;
  for (const path of [
    "/",
    "/x",
    `/${name.slice(1)}/`,
    `/${name}x/`,
    `/${name.toUpperCase()}/`,
    `/${world.ba.hashname}/`,
    "/__proto__/",
  ])
    t.is((await world.get(path)).status, 404, path);
  t.is((await world.get(`/${name}/`, { method: "POST" })).status, 403);
  t.is((await world.get(`/${name}/`)).status, 200);
  world.ab.renew();
  const { status, body, headers } = await world.get(`/${name}/`);
  t.deepEqual([status, text(body), headers["content-type"]], [502, "502\n", "text/plain"]);
  t.is(world.asked.length, 1);
});

test("a fault of the application is 500, and a warning", async (t) => {
  const world = await begin(t, {
    allow: () => {
      throw new Error("a fault");
    },
  });
  const warned = once(process, "warning") as Promise<[Error]>;
  t.is((await world.get(`/${world.ab.hashname}/`)).status, 500);
  t.is((await warned)[0].message, "a fault");
});

test("too much is 413: where it is said, where it is not, and where the device says so", async (t) => {
  const world = await begin(t, { contents: 1000 });
  const name = world.ab.hashname;
  t.is((await world.get(`/${name}/`, { method: "PUT", body: data(1000) })).status, 200);
  t.is((await world.get(`/${name}/`, { method: "PUT", body: data(1001) })).status, 413);
  t.is(
    (await world.get(`/${name}/`, { method: "PUT", body: data(1001), headers: { "transfer-encoding": "chunked" } }))
      .status,
    413,
  );
  t.is(world.asked.length, 1);
  const much = await begin(t, { contents: 10000 });
  t.is((await much.get(`/${name}/`, { method: "PUT", body: data(5000) })).status, 413);
});

test("a device that does not answer in time is 504, and not asked for ever", async (t) => {
  const world = await begin(t, { timeout: 0.05, most: 1 });
  const name = world.ab.hashname;
  world.answer(() => undefined);
  t.is((await world.get(`/${name}/`)).status, 504);
  await world.when(() => alive(world.ab) === 0 && alive(world.ba) === 0);
  t.is(world.asked.length, 1);
});

test("a response that HTTP cannot have is 502", async (t) => {
  const name = loopback().ab.hashname;
  for (const answer of [
    { status: 99 },
    { status: 101 },
    { status: 600 },
    { status: 200.5 },
    { status: "200" as never },
    { body: data(70000) },
  ]) {
    const world = await begin(t, { limit: 60000 });
    world.answer(() => answer);
    t.is((await world.get(`/${name}/`)).status, 502, JSON.stringify(answer).slice(0, 40));
  }
  const world = await begin(t);
  const other = raw(world.b, "thtp");
  const got = world.get(`/${name}/`);
  await world.when(() => other.events.length > 0);
  other.channel!.fail("418");
  t.is((await got).status, 418);
});

test("headers of a device that HTTP does not have, or that are the connection's, are left out", async (t) => {
  const world = await begin(t);
  const name = world.ab.hashname;
  world.answer(() => ({
    reason: "a\r\nb: c",
    body: "xyz",
    headers: {
      "connection": "close, upgrade",
      "transfer-encoding": "chunked",
      "content-length": "999",
      "upgrade": "h2c",
      "keep-alive": "x",
      "a b": "c",
      "x-line": "a\r\nb: c",
      "": "x",
      "x-ok": "yes",
    },
  }));
  const { status, reason, headers, body } = await world.get(`/${name}/`);
  t.deepEqual([status, reason, text(body)], [200, "OK", "xyz"]);
  const { date: _date, ...rest } = headers;
  t.deepEqual(rest, {
    "connection": "keep-alive",
    "keep-alive": rest["keep-alive"]!,
    "content-length": "3",
    "x-ok": "yes",
  });
  t.not(rest["keep-alive"], "x");
});

test("HEAD, 204 and 304 have no contents", async (t) => {
  const world = await begin(t);
  const name = world.ab.hashname;
  world.answer(({ method }): Response =>
    method === "HEAD" ? { headers: { "content-length": "1234" } } : { status: 304, headers: { etag: '"1"' } },
  );
  const head = await world.get(`/${name}/`, { method: "HEAD" });
  t.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, "1234", 0]);
  const same = await world.get(`/${name}/`);
  t.deepEqual([same.status, same.headers["content-length"], same.body.length], [304, undefined, 0]);
});

test("a device is not asked more at a time than it may be", async (t) => {
  const world = await begin(t, { most: 2 });
  const name = world.ab.hashname;
  const waiting: ((response: Response) => void)[] = [];
  serve(world.b.endpoint, (_, respond) => {
    waiting.push(respond);
  });
  const first = [world.get(`/${name}/1`), world.get(`/${name}/2`)];
  await world.when(() => waiting.length === 2);
  t.is((await world.get(`/${name}/3`)).status, 503);
  for (const respond of waiting) respond({});
  t.deepEqual(
    (await Promise.all(first)).map(({ status }) => status),
    [200, 200],
  );
  const again = world.get(`/${name}/4`);
  await world.when(() => waiting.length === 3);
  waiting[2]!({});
  t.is((await again).status, 200);
});

test("a client that goes away has its request given up", async (t) => {
  const world = await begin(t);
  world.answer(() => undefined);
  const client = connect(world.port, "127.0.0.1");
  client.write(`GET /${world.ab.hashname}/ HTTP/1.1\r\nhost: x\r\n\r\n`);
  await world.when(() => world.asked.length === 1);
  client.destroy();
  await t.notThrowsAsync(world.when(() => alive(world.ab) === 0));
});

test("ask: a response, or an error with the status that a gateway has for it", async (t) => {
  const world = loopback();
  serve(world.b.endpoint, ({ path }, respond) => {
    if (path !== "/never") respond({ status: 404, headers: { a: "b" }, body: path });
  });
  const { status, headers, body } = (await world.when(ask(world.ab, { method: "GET", path: "/x" })))!;
  t.deepEqual([status, headers, text(body)], [404, { a: "b" }, "/x"]);
  const refused = async (work: Promise<unknown>): Promise<string> => {
    const { status, message } = await t.throwsAsync<AskError>(world.when(work));
    return `${status} ${message}`;
  };
  t.is(await refused(ask(world.ab, { method: "GET", path: "/never" }, { timeout: 0.01 })), "504 no response: timeout");
  t.is(await refused(ask(world.ab, { method: "GET", path: "/x" }, { limit: 5 })), "502 no response: too large");
  t.is(await refused(ask(world.ab, { method: "PUT", path: "/x", body: data(5000) })), "413 no response: 413");
  const stop = new AbortController();
  const asking = ask(world.ab, { method: "GET", path: "/never" }, { signal: stop.signal });
  stop.abort();
  t.is(await refused(asking), "502 no response: aborted");
  t.is(
    await refused(ask(world.ab, { method: "GET", path: "/never" }, { signal: stop.signal })),
    "502 no response: aborted",
  );
  world.ab.renew();
  t.is(await refused(ask(world.ab, { method: "GET", path: "/x" })), "502 no response: NOT_IN_SYNC");
  t.is(text(packed()), "\0\0");
});

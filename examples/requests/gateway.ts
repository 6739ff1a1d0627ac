/**
 * The gateway of app.ts in Node.js: asks the device, and lets a web server pass requests on to it.
 *
 *     const gateway = start({ pairs: keysFromFile(readFileSync("gateway.json", "utf8")), ...stateFile("state.json") });
 *     gateway.attach(radio); // Bluetooth: see ../gateway.ts
 *     console.log((await askText(gateway, { method: "GET", path: "/temperature" })).body);
 *     createServer(httpHandler(gateway.endpoint)).listen(8080, "127.0.0.1"); // curl http://127.0.0.1:8080/HASHNAME/temperature
 */
import { ask } from "e3x-mote/node";
import type { AskOptions, Driver } from "e3x-mote/node";
import { start as startGateway } from "../gateway.ts";

/** The gateway beside it, for a device that says nothing by itself: after a restart it is told by whom it is asked. */
export function start(options: Parameters<typeof startGateway>[0]): Driver {
  const gateway = startGateway(options);
  gateway.on("attach", (pipe) => gateway.endpoint.links[0]?.connect(pipe));
  return gateway;
}

/** The device's answer to a request, as text. Rejects where it is not linked, or has not answered in time. */
export async function askText(
  gateway: Driver,
  request: { method: string; path: string; body?: string },
  options?: AskOptions,
): Promise<{ status: number; reason: string | undefined; body: string }> {
  const [link] = gateway.endpoint.links;
  if (!link) throw new Error("no device is linked");
  const { status, reason, body } = await ask(link, request, options);
  return { status, reason, body: new TextDecoder().decode(body) };
}

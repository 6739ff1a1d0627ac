// Scenarios from files: JSON, or a module whose default export is one; and whether what a scenario says can be.

import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ErrorObject } from "ajv/dist/2020.js";
import { loadBoard, packageRoot } from "../../tools/build/index.ts";
import { SimError } from "../errors.ts";
import { importModule } from "./module.ts";
import { namesOf } from "./names.ts";
import type { Expectation, Scenario } from "../scenario.ts";

const validate = new Ajv2020({
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  discriminator: true,
  strictNumbers: false,
}).compile<Scenario>(JSON.parse(readFileSync(join(packageRoot, "sim/scenarios/schema.json"), "utf8")));

export interface Loaded {
  scenario: Scenario;
  /** What files that the scenario names are beside. */
  folder: string;
}

const wrong = (file: string, at: string, what: string): SimError =>
  new SimError("scenario", `${file}: ${at && `${at} `}${what}`);

const reasons: { [code: string]: string } = {
  ENOENT: "there is no such file; check the path",
  EACCES: "it may not be read; check its permissions",
  EISDIR: "it is a folder; give a file",
};

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw wrong(file, "", reasons[code] ?? message);
  }
}

/**
 * Reads a scenario: .json, or a module of .ts, .mts, .mjs or .js. Throws SimError "scenario", which names the file, where in
 * it something is wrong (a JSON pointer), and what to do.
 */
export async function loadScenario(file: string): Promise<Loaded> {
  const path = resolve(file);
  const folder = dirname(path);
  const kind = extname(path);
  let given: unknown;
  if (kind === ".json") {
    try {
      given = JSON.parse(readText(file));
    } catch (error) {
      if (error instanceof SimError) throw error;
      throw wrong(file, "", `it is not JSON: ${(error as Error).message}`);
    }
  } else if ([".ts", ".mts", ".mjs", ".js"].includes(kind)) {
    readText(file);
    const module = await importModule(path).catch((error: unknown) => {
      throw wrong(file, "", `the module cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
    });
    given = module.default;
    if (typeof given !== "object" || given === null)
      throw wrong(file, "", "the module exports no scenario by default; write: export default { ... }");
  } else
    throw wrong(
      file,
      "",
      `a scenario is a file of .json, .ts, .mts, .mjs or .js, not ${kind || "without an ending"}; rename it`,
    );
  const scenario = checkScenario(withTraces(given, folder, file), folder, file);
  return { scenario, folder };
}

/** What a schema's finding says to people: what is wrong, and what to do. */
function told({ keyword, params, message }: ErrorObject): string {
  switch (keyword) {
    case "additionalProperties":
      return `has ${JSON.stringify(params["additionalProperty"])}, which means nothing there; correct or delete it`;
    case "required":
      return `lacks ${JSON.stringify(params["missingProperty"])}; add it`;
    case "enum":
      return `must be one of ${(params["allowedValues"] as unknown[]).map((value) => JSON.stringify(value)).join(", ")}`;
    case "const":
      return `must be ${JSON.stringify(params["allowedValue"])}, or left out`;
    default:
      return `${message ?? "is wrong"}; correct it`;
  }
}

/** The values that a tag may have, from the schema's place of the finding. */
function tagsOf(path: string): string[] {
  let schema = validate.schema as unknown;
  for (const part of path.split("/").slice(1, -1))
    schema = (schema as { [part: string]: unknown })[
      decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")
    ];
  const { discriminator, oneOf } = schema as {
    discriminator: { propertyName: string };
    oneOf: { properties: { [tag: string]: { const?: string; enum?: string[] } } }[];
  };
  return oneOf.flatMap(({ properties }) => {
    const tag = properties[discriminator.propertyName]!;
    return tag.enum ?? [tag.const!];
  });
}

/** Throws SimError "scenario" where something is no scenario, or contradicts itself; `folder` is what its files are beside. */
export function checkScenario(given: unknown, folder: string = process.cwd(), file = "the scenario"): Scenario {
  if (!validate(given)) {
    const errors = validate.errors!;
    const error = errors.at(-1)!;
    const at = error.instancePath || "/";
    if (error.keyword === "discriminator") {
      const { tag, tagValue } = error.params as { tag: string; tagValue: unknown };
      const place = error.schemaPath.startsWith("#/$defs")
        ? error.schemaPath
        : `#/$defs/${at.startsWith("/media/") ? "medium" : { faults: "fault", adversaries: "adversary", expect: "expectation" }[at.split("/")[1]!]}/discriminator`;
      throw wrong(
        file,
        at,
        `has ${JSON.stringify(tag)}: ${JSON.stringify(tagValue)}; it is one of ${tagsOf(place).join(", ")}`,
      );
    }
    if (error.keyword === "oneOf")
      throw wrong(
        file,
        at,
        "is a share from 0 to 1, or has p and r, or trace, or shares, or in a JSON file the name of a file; give one of them",
      );
    throw wrong(file, at, told(error));
  }
  const { $schema: _, ...scenario } = given as Scenario & { $schema?: string };
  contradictions(scenario, folder, (at, what) => wrong(file, at, what));
  return scenario;
}

const bounded: readonly Expectation["what"][] = [
  "linked",
  "delivered",
  "latency",
  "messages",
  "duty cycle",
  "energy",
  "drops",
  "log",
];

/** What no schema sees: names of what is not there, and what can not be. */
function contradictions(scenario: Scenario, folder: string, error: (at: string, what: string) => SimError): void {
  const {
    media,
    devices,
    gateways = { gateway: {} },
    downlink = [],
    faults = [],
    adversaries = [],
    expect = [],
    duration,
  } = scenario;
  const list = (names: Iterable<string>): string => {
    const all = [...names];
    return all.length > 8 ? `${all.slice(0, 8).join(", ")} ...` : all.join(", ") || "none";
  };
  const among = (at: string, name: string, what: string, there: ReadonlySet<string> | readonly string[]): void => {
    const known = there instanceof Set ? there : new Set(there as readonly string[]);
    if (!known.has(name))
      throw error(at, `names ${what} ${JSON.stringify(name)}, which is not there; there are ${list(known)}`);
  };
  const mediaNames = new Set(Object.keys(media));
  const gatewayNames = new Set(Object.keys(gateways));
  const groups = new Set<string>();
  const single = new Set<string>();
  const stations = new Set<string>();
  const take = (at: string, name: string): void => {
    if (stations.has(name))
      throw error(at, `is called ${JSON.stringify(name)} like another; give it a name of its own`);
    stations.add(name);
  };
  for (const name of gatewayNames) take(`/gateways/${name}`, name);
  devices.forEach((group, i) => {
    const at = `/devices/${i}`;
    if (groups.has(group.name))
      throw error(at, `is called ${JSON.stringify(group.name)} like another; give it a name of its own`);
    groups.add(group.name);
    for (const name of namesOf(group)) {
      take(at, name);
      single.add(name);
    }
    const { app, board, host = app === undefined ? "native" : "vm", gateway, handshake, traffic } = group;
    if (gateway !== undefined) among(`${at}/gateway`, gateway, "a gateway", gatewayNames);
    if (host === "native") {
      if (app !== undefined)
        throw error(at, 'has "app" and the host "native"; choose vm or interpreter, or leave the application out');
      return;
    }
    if (app === undefined) throw error(at, `has the host ${JSON.stringify(host)} and no "app"; add one`);
    if (board === undefined) throw error(at, 'has "app" and no "board"; add one');
    if (handshake === false) throw error(at, 'has "handshake": false, which only native devices have; delete it');
    if (traffic) throw error(at, 'has "traffic" and an application, which sends by itself; delete one of them');
    try {
      loadBoard(board);
    } catch (cause) {
      throw error(`${at}/board`, (cause as Error).message);
    }
    if (!existsSync(resolve(folder, app)))
      throw error(`${at}/app`, `names ${app}, which is not beside the scenario; check the path`);
  });
  for (const [i, one] of adversaries.entries()) {
    take(`/adversaries/${i}`, one.name);
    if (one.kind === "clone") among(`/adversaries/${i}/of`, one.of, "a device", single);
  }
  const joins: [string, readonly string[] | undefined][] = [
    ...Object.entries(gateways).map(([name, one]): [string, string[] | undefined] => [`/gateways/${name}`, one.media]),
    ...devices.map((one, i): [string, string[] | undefined] => [`/devices/${i}`, one.media]),
    ...adversaries.map((one, i): [string, string[] | undefined] => [`/adversaries/${i}`, one.media]),
  ];
  for (const [at, names] of joins) names?.forEach((name, i) => among(`${at}/media/${i}`, name, "a medium", mediaNames));
  for (const [name, medium] of Object.entries(media)) {
    if (medium.kind === "ble") among(`/media/${name}/central`, medium.central, "a station", stations);
    for (const link of Object.keys("links" in medium ? (medium.links ?? {}) : {})) {
      const ends = link.split(">");
      if (ends.length !== 2) throw error(`/media/${name}/links`, `has ${JSON.stringify(link)}; a link is "one>two"`);
      for (const end of ends) among(`/media/${name}/links`, end, "a station", stations);
    }
  }
  const ofDevices = new Set([...groups, ...single]);
  for (const [i, { from, to }] of downlink.entries()) {
    if (from !== undefined) among(`/downlink/${i}/from`, from, "a gateway", gatewayNames);
    for (const name of to ?? []) among(`/downlink/${i}/to`, name, "a device or group", ofDevices);
  }
  for (const [i, fault] of faults.entries()) {
    const at = `/faults/${i}`;
    if (fault.at > duration) throw error(`${at}/at`, `is ${fault.at}, after the end at ${duration}; it would never be`);
    if ("device" in fault) among(`${at}/device`, fault.device, "a device or group", ofDevices);
    if (fault.what === "gateway restart" && fault.gateway !== undefined)
      among(`${at}/gateway`, fault.gateway, "a gateway", gatewayNames);
    if (fault.what === "partition")
      for (const name of fault.groups.flat())
        among(`${at}/groups`, name, "a station or group", new Set([...ofDevices, ...stations]));
    if (fault.what === "flash") {
      const native = devices.find(
        (group) => (group.name === fault.device || namesOf(group).includes(fault.device)) && group.app === undefined,
      );
      if (native)
        throw error(
          at,
          `is of the flash of ${fault.device}, which is native and has none; give it an application, or choose another fault`,
        );
    }
  }
  for (const [i, expected] of expect.entries()) {
    const at = `/expect/${i}`;
    for (const name of expected.devices ?? []) among(`${at}/devices`, name, "a device or group", ofDevices);
    if (expected.what === "check") {
      if (typeof expected.check !== "function")
        throw error(
          `${at}/check`,
          "is no function; a check can only be in a module: export default { ... } in a file of .ts or .mjs",
        );
      continue;
    }
    if (expected.what === "breaches" && expected.adversary !== undefined)
      among(
        `${at}/adversary`,
        expected.adversary,
        "an adversary",
        adversaries.map(({ name }) => name),
      );
    if (bounded.includes(expected.what) && expected.atLeast === undefined && expected.atMost === undefined)
      throw error(at, "would hold whatever comes; give it atLeast or atMost");
  }
}

/** Puts what recorded losses' files have into their place: { "file": name } with 0 and 1 for each transmission, or JSON of [ms, share]. */
function withTraces(given: unknown, folder: string, file: string): unknown {
  if (typeof given !== "object" || given === null || typeof (given as Scenario).media !== "object") return given;
  const trace = (at: string, loss: unknown): unknown => {
    if (typeof loss !== "object" || loss === null || Object.keys(loss).join() !== "file") return loss;
    const name = (loss as { file: unknown }).file;
    if (typeof name !== "string") return loss;
    let text;
    try {
      text = readText(resolve(folder, name)).trim();
    } catch (error) {
      throw wrong(file, at, (error as Error).message);
    }
    if (!text.startsWith("[")) {
      const trace = text.replace(/\s/g, "");
      if (!/^[01]+$/.test(trace))
        throw wrong(file, at, `names ${name}, which has something else than 0 (lost) and 1 (arrived)`);
      return { trace };
    }
    try {
      return { shares: JSON.parse(text) as unknown };
    } catch (error) {
      throw wrong(file, at, `names ${name}, which is not JSON: ${(error as Error).message}`);
    }
  };
  const media = Object.entries((given as Scenario).media ?? {}).map(([name, medium]) => {
    if (typeof medium !== "object" || medium === null) return [name, medium];
    const { loss, links } = medium as { loss?: unknown; links?: object };
    return [
      name,
      {
        ...(medium as object),
        ...(loss !== undefined && { loss: trace(`/media/${name}/loss`, loss) }),
        ...(typeof links === "object" &&
          links && {
            links: Object.fromEntries(
              Object.entries(links).map(([link, one]) => [link, trace(`/media/${name}/links/${link}`, one)]),
            ),
          }),
      },
    ];
  });
  return { ...given, media: Object.fromEntries(media) };
}

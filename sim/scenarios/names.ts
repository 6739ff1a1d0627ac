// What devices of a scenario are called.

import type { DeviceGroup } from "../scenario.ts";

type Named = Pick<DeviceGroup, "name" | "count">;

/** The name of the i-th device of a group, from 0. */
export const nameOf = ({ name, count }: Named, i: number): string => (count === undefined ? name : `${name}-${i + 1}`);

/** Names of all devices of a group. */
export const namesOf = (group: Named): string[] => Array.from({ length: group.count ?? 1 }, (_, i) => nameOf(group, i));

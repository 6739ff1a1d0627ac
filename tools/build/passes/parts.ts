import MagicString from "magic-string";
import type { Plugin } from "rollup";
import type { Loading } from "../unloading.ts";

/**
 * A rollup plugin that makes what only the function `parts` of one module uses local to that function: all modules that
 * nothing else imports are moved into its body. See src/device/parts.ts.
 * @param done is told which files were moved, and which stay
 */
export function deferParts(file: string, done: (loading: Loading) => void): Plugin {
  return {
    name: "defer-parts",
    renderChunk(code, chunk) {
      const deferred = Object.keys(chunk.modules).find((id) => id.endsWith(file));
      if (deferred === undefined) return null;
      const reached = new Set<string>();
      const reach = (id: string): void => {
        if (id === deferred || reached.has(id)) return;
        reached.add(id);
        for (const imported of this.getModuleInfo(id)?.importedIds ?? []) reach(imported);
      };
      reach(chunk.facadeModuleId!);
      const text = new MagicString(code);
      const place = (id: string): [number, number] => {
        const own = chunk.modules[id]!.code!;
        const at = code.indexOf(own);
        if (at < 0) throw new Error(`${id} is not found as it was rendered`);
        return [at, at + own.length];
      };
      const head = "const parts = () => {";
      const [start, end] = place(deferred);
      const opening = /(?:let|const) parts = \(\) => \{/.exec(code.slice(start, end));
      if (!opening) throw new Error(`no function parts in ${file}, which begins ${head}`);
      const inside = start + opening.index + opening[0].length;
      const unloaded: string[] = [];
      for (const id of Object.keys(chunk.modules)) {
        if (reached.has(id) || id === deferred || !chunk.modules[id]!.code) continue;
        unloaded.push(id);
        const [from, to] = place(id);
        text.appendLeft(to, "\n");
        text.move(from, to, inside);
      }
      done({ unloaded, stays: Object.keys(chunk.modules).filter((id) => reached.has(id)) });
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}

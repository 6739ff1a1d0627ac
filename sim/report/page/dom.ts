// Elements. All text comes in as text nodes: nothing of a run is ever read as HTML.

type Child = Node | string | number | undefined | false;
type Props = { [name: string]: string | number | boolean | undefined | ((event: never) => void) };

function fill<T extends Element>(element: T, props: Props, children: readonly Child[]): T {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name, value as unknown as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(
    ...children
      .filter((child) => child !== undefined && child !== false)
      .map((child) => (child instanceof Node ? child : String(child))),
  );
  return element;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), props, children);
}

export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

/** A section with its heading; `tools` stand beside it. */
export function card(id: string, title: string, tools: readonly Child[], ...children: Child[]): HTMLElement {
  return h(
    "section",
    { id, class: "card", "aria-labelledby": `${id}-title` },
    h("div", { class: "card-head" }, h("h2", { id: `${id}-title` }, title), h("div", { class: "tools" }, ...tools)),
    ...children,
  );
}

export const empty = (text: string): HTMLElement => h("p", { class: "empty" }, text);

/** Draws again when the width of an element changes. */
export function onWidth(element: Element, draw: () => void): void {
  let width = 0;
  new ResizeObserver(() => {
    if (Math.abs(element.clientWidth - width) < 1) return;
    width = element.clientWidth;
    draw();
  }).observe(element);
}

export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Text as far as it fits, with about so many pixels a character. */
export function cut(text: string, pixels: number, each = 6.6): string {
  const most = Math.max(1, Math.floor(pixels / each));
  return text.length > most ? `${text.slice(0, Math.max(1, most - 1))}…` : text;
}

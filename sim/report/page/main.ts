// The page: reads what it holds, and puts its sections together.

import type { ReportData } from "../types.ts";
import { details } from "./details.ts";
import { deliverySection, energySection, latencySection } from "./distributions.ts";
import { h } from "./dom.ts";
import { figures, filterBar } from "./filter.ts";
import { head } from "./head.ts";
import { map } from "./map.ts";
import { sequence } from "./sequence.ts";
import { Store } from "./store.ts";
import { deviceTable } from "./table.ts";
import { timelineSection } from "./timeline.ts";

const data = JSON.parse(document.getElementById("data")!.textContent!) as ReportData;
const store = new Store(data);
document.title = data.title;
document
  .getElementById("page")!
  .replaceWith(
    h(
      "div",
      { id: "page" },
      head(data),
      filterBar(store),
      h(
        "main",
        {},
        figures(store),
        timelineSection(store),
        h("div", { class: "row wide" }, sequence(store), details(store)),
        h("div", { class: "row three" }, latencySection(store), deliverySection(store), energySection(store)),
        h("div", { class: "row narrow" }, map(store), deviceTable(store)),
      ),
    ),
  );

import { Link } from "../mesh/link.ts";

/** The link of a gateway: what a device has no room for. */
export class GatewayLink extends Link {
  /** Sends an INNER packet as it is, for applications with a rule of recency of their own. */
  message(inner: Uint8Array): void {
    this.out.push(inner);
    this.flush();
  }
}

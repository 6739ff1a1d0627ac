/** Admission: finds the peer that sent a message, and decides whether an unknown one may link. telehash v3, e3x/handshake.md */
import { fail } from "#platform/engine";
import { finish } from "../crypto/shared/curve.ts";
import { messageKey, open } from "../cipher/seal.ts";
import type { HostCipherSet } from "../cipher/sets.ts";
import { isHandshake, messageSender } from "../exchange/exchange.ts";
import type { Identity } from "../exchange/exchange.ts";
import { stampOf } from "../exchange/recency.ts";
import { attachedKeys, hashname } from "../identity/hashname.ts";
import { decode } from "../packet/lob.ts";
import { toBase32 } from "../packet/text.ts";
import type { Application } from "./application.ts";
import { finishWork } from "./link.ts";
import type { EndpointOptions } from "./options.ts";
import type { Peer, Registry } from "./registry.ts";

export type OwnIdentity = Identity & { set: HostCipherSet };

/** With more links than this a message with a new ephemeral key is decrypted (one ECDH): it is cheaper than a MAC for each link. */
const MANY = 40;

/** The sender that a handshake claims, which no MAC has confirmed yet. */
interface Claim {
  shared: Uint8Array;
  key: Uint8Array;
  name: string;
}

export class Admission {
  private _registry: Registry;
  private _application: Application;
  private _options: EndpointOptions;
  private _make: (identity: OwnIdentity, key: Uint8Array, name: string) => Peer;

  /** @param make makes a peer, which is in the registry only when it is added there */
  constructor(
    registry: Registry,
    application: Application,
    options: EndpointOptions,
    make: (identity: OwnIdentity, key: Uint8Array, name: string) => Peer,
  ) {
    this._registry = registry;
    this._application = application;
    this._options = options;
    this._make = make;
  }

  /**
   * The peer that sent a message, or a new one whom the application lets in: a stranger.
   * @param body the BODY of the message, for an identity
   * @throws UNKNOWN_SENDER for who is not let in, MAC, ENTROPY, and what is wrong with a handshake
   */
  sender(identity: OwnIdentity, body: Uint8Array): Peer {
    const registry = this._registry;
    const known = registry.byEphemeral(messageSender(body, identity));
    if (known) return known;
    // Checking the MAC with each link takes no curve work, so strangers cannot cause any; with many links it costs more than one ECDH.
    const many = registry.links.length > MANY;
    const opened = many ? this._open(identity, body) : undefined;
    const claimed = opened && registry.byKey(toBase32(opened.key));
    if (claimed) finishWork(claimed.link);
    const found = opened ? (claimed?.link.exchange.sent(body) ? claimed : undefined) : this._find(identity, body);
    if (found) {
      if (opened) found.link.exchange.meet(body, opened.shared);
      return found;
    }
    if (claimed) fail("MAC");
    const {
      accept,
      events: { knock },
    } = this._options;
    const claim = opened ?? (!many && (accept || knock) ? this._open(identity, body) : undefined);
    if (claim) return this._admit(identity, body, claim);
    this._application.knock("unknown", this._application.arrival!.pipe);
    return fail("UNKNOWN_SENDER");
  }

  private _find(identity: OwnIdentity, body: Uint8Array): Peer | undefined {
    for (const peer of this._registry.peers) {
      const { link } = peer;
      if (link.csid !== identity.set.id) continue;
      // after `renew` its keys have to be made first
      if (!link.exchange.stage()) finishWork(link);
      if (link.exchange.sent(body)) return peer;
    }
    return undefined;
  }

  /** A handshake by somebody who says in it who it is; undefined for what is none. Throws what is wrong with it. */
  private _open(identity: OwnIdentity, body: Uint8Array): Claim | undefined {
    const shared = finish(new identity.set.Job(identity.secret, messageSender(body, identity)));
    const inner = decode(open(body, identity.set.length, messageKey(shared)));
    if (!isHandshake(inner)) {
      // what is nothing anyhow, a handshake of which a part is missing, is not tried with each link
      if (!inner.json && inner.head.length > 6) fail("INNER");
      if (!this._options.recent) stampOf(inner);
      return undefined;
    }
    // a "link" has key and digests of others in an attached packet, a "key" as it is
    const keys = attachedKeys(identity.set.id, inner.json?.["type"] === "key" ? inner : decode(inner.body));
    return { shared, key: keys[identity.set.id] as Uint8Array, name: hashname(keys) };
  }

  private _admit(identity: OwnIdentity, body: Uint8Array, { shared, key, name }: Claim): Peer {
    const peer = this._make(identity, key, name);
    const { link } = peer;
    if (!link.exchange.sent(body)) fail("MAC");
    const { accept } = this._options;
    const arrival = this._application.arrival!;
    if (
      !accept ||
      !this._application.ask("accept", undefined, () =>
        accept(new Uint8Array(link.exchange.key), link.hashname, arrival),
      )
    ) {
      this._application.knock("refused", arrival.pipe, link);
      fail("UNKNOWN_SENDER");
    }
    link.exchange.meet(body, shared);
    finishWork(link);
    // the curve work could not end because `random` failed
    if (link.exchange.stage() < 3) fail("ENTROPY");
    this._registry.add(peer);
    peer.stranger = true;
    return peer;
  }
}

/** The ciphers of a board as a module, for backends.test.ts. In quotes: the build leaves these names as they are. */
import { ctr, hmac, sha256 } from "#crypto/primitives";
import { authentic, channelKey, messageKey, open, seal, token } from "../../src/cipher/seal.ts";

export const request = {
  "sha256": sha256,
  "hmac": hmac,
  "ctr": ctr,
  "seal": seal,
  "authentic": authentic,
  "open": open,
  "messageKey": messageKey,
  "channelKey": channelKey,
  "token": token,
};

// Run by `npm run test:unit`: tests of the library as a host has it, which need no build, no interpreter and no other tools.
// It takes half a minute on two cores, so files that take longer than 3 seconds are not among them.
import all from "./ava.config.js";

export default {
  ...all,
  files: [
    "test/{packet,crypto,cipher,identity,exchange,channel,link,endpoint,node}/**/*.test.ts",
    "!test/channel/{compression,compression-espruino,device}.test.ts",
    "!test/cipher/{backends,cs1c}.test.ts",
    "!test/crypto/primitives.test.ts",
    "!test/endpoint/handshakes.test.ts",
    "!test/exchange/handshake.test.ts",
    "!test/node/{serial,tcp}.test.ts",
  ],
};

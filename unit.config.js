// Run by `npm run test:unit`: tests of the library as a host has it, which need no build, no interpreter and no other tools.
// To take half a minute on two cores, it leaves the files that take longest to `npm test`.
import all from "./ava.config.js";

export default {
  ...all,
  files: [
    "test/{packet,crypto,cipher,identity,exchange,channel,link,endpoint,node}/**/*.test.ts",
    "!test/channel/{compression,compression-espruino,device}.test.ts",
    "!test/cipher/{backends,cs1c}.test.ts",
    "!test/crypto/{curve,primitives}.test.ts",
    "!test/endpoint/{handshakes,hostile,services/router}.test.ts",
    "!test/exchange/handshake.test.ts",
    "!test/node/{serial,sockets,tcp}.test.ts",
  ],
};

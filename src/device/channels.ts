/** `require("e3x-mote/channels")`: an application that asks for it has `channel` and `handle` in its mote. */
// Espruino takes no empty module
export const channels = true;

/** `require("e3x-mote/channels")`: nothing in it; an application that asks for it has `channel` and `handle` in its mote. */
export {};

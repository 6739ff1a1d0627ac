import test from "ava";
import fc from "fast-check";
import { MessageStore } from "../../../src/endpoint/services/message-store.ts";

let count = 0;
/** Puts a message of some bytes into a store; one of the same id is the same. */
const put = (
  store: MessageStore,
  box: string,
  recipient: string,
  size: number,
  id = `${count++}`,
  until = Infinity,
): void => {
  store.put({ id, bytes: new Uint8Array(size), recipient, box, until });
};
const all = (store: MessageStore, recipient: string) =>
  store.boxes(recipient).flatMap((box) => store.messages(recipient, box));
const sizes = (store: MessageStore, recipient: string): number[] =>
  all(store, recipient)
    .sort((one, other) => one.order - other.order)
    .map(({ bytes }) => bytes.length);
const cost = (size: number): number => Math.max(64, size);

test("what is kept of one recipient has its bounds: the oldest goes first, the last of a sender last", (t) => {
  const store = new MessageStore(1000, 10000);
  put(store, "a", "x", 300);
  put(store, "b", "x", 301);
  put(store, "a", "x", 302);
  t.deepEqual(sizes(store, "x"), [300, 301, 302]);
  // the first one is not its sender's last
  put(store, "c", "x", 200);
  t.deepEqual(sizes(store, "x"), [301, 302, 200]);
  put(store, "c", "x", 201);
  t.deepEqual(sizes(store, "x"), [301, 302, 201]);
  // all are: the oldest
  put(store, "d", "x", 203);
  t.deepEqual(sizes(store, "x"), [302, 201, 203]);
  // too large for any room
  put(store, "e", "x", 1001);
  t.deepEqual(sizes(store, "x"), [302, 201, 203]);
  // a short one counts as 64
  for (let i = 0; i < 6; i++) put(store, `${i}`, "x", 1);
  t.deepEqual(sizes(store, "x"), [201, 203, 1, 1, 1, 1, 1, 1]);
  t.is(store.bytes, 404 + 6 * 64);
});

test("a quota of 10k keeps one message of each of ten senders; a large one does not drive out short ones", (t) => {
  const store = new MessageStore(10240, 1 << 20);
  for (let i = 0; i < 10; i++) put(store, `${i}`, "x", 1023);
  for (let i = 0; i < 50; i++) put(store, "chatty", "x", 1024);
  t.deepEqual(sizes(store, "x"), Array<number>(10).fill(1023));
});

test("what is last after a removal is kept as such", (t) => {
  const store = new MessageStore(300, 10000);
  put(store, "a", "x", 100, "1");
  put(store, "a", "x", 101, "2");
  store.remove("x", "a", ({ id }) => id === "2");
  put(store, "b", "x", 102);
  put(store, "b", "x", 98);
  put(store, "b", "x", 99);
  t.deepEqual(sizes(store, "x"), [100, 98, 99]);
});

test("all share the room; of all those go first that are not last, or not short", (t) => {
  const store = new MessageStore(3000, 3500);
  put(store, "a", "x", 1000);
  put(store, "a", "y", 1100);
  put(store, "b", "y", 1101);
  put(store, "a", "z", 900);
  t.deepEqual(
    ["x", "y", "z"].map((one) => sizes(store, one)),
    [[1000], [1101], [900]],
  );
  put(store, "a", "x", 700);
  t.deepEqual(
    ["x", "y", "z"].map((one) => sizes(store, one)),
    [[1000, 700], [], [900]],
  );
  put(store, "b", "z", 901);
  t.deepEqual(
    ["x", "y", "z"].map((one) => sizes(store, one)),
    [[700], [], [900, 901]],
  );
  put(store, "b", "y", 902);
  t.deepEqual(
    ["x", "y", "z"].map((one) => sizes(store, one)),
    [[700], [902], [900, 901]],
  );
  put(store, "c", "y", 903);
  t.deepEqual(
    ["x", "y", "z"].map((one) => sizes(store, one)),
    [[700], [902, 903], [901]],
  );
});

test("the same message is kept once, and what is of no use any more is not", (t) => {
  const store = new MessageStore(1000, 1000);
  put(store, "a", "x", 100, "same");
  put(store, "a", "x", 100, "same");
  put(store, "b", "x", 100, "same", 10);
  t.is(store.bytes, 200);
  store.expire("x", 9.9);
  t.is(store.bytes, 200);
  store.expire("x", 10);
  t.deepEqual(store.boxes("x"), ["a"]);
  store.remove("x", "a", () => true);
  store.remove("x", "a", () => true);
  store.remove("y", "a", () => true);
  t.deepEqual([store.boxes("x"), store.messages("x", "a"), store.bytes], [[], [], 0]);
});

test("at any time the bounds hold, and no last short message went while there was another", (t) => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const action = fc.record({
    box: name,
    recipient: name,
    size: fc.oneof(fc.nat(100), fc.integer({ min: 900, max: 3100 })),
    remove: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
      const store = new MessageStore(3000, 8000);
      const recipients = ["a", "b", "c", "d"];
      for (const { box, recipient, size, remove } of actions) {
        const short = (one: string): string[] =>
          store
            .boxes(one)
            .map((each) => store.messages(one, each).at(-1)!)
            .filter(({ bytes }) => bytes.length < 1024)
            .map(({ id }) => id);
        const before = short(recipient).filter((id) => !store.messages(recipient, box).some((one) => one.id === id));
        if (remove) put(store, box, recipient, size);
        else store.remove(recipient, box, ({ order }) => order % 2 > 0);
        const sums = recipients.map((one) => all(store, one).reduce((sum, { bytes }) => sum + cost(bytes.length), 0));
        if (
          sums.some((sum) => sum > 3000) ||
          store.bytes > 8000 ||
          store.bytes !== sums.reduce((one, other) => one + other)
        )
          return false;
        if (recipients.some((one) => store.boxes(one).some((each) => !store.messages(one, each).length))) return false;
        const after = short(recipient);
        const gone = before.some((id) => !after.includes(id));
        if (gone && remove && all(store, recipient).some((message) => !after.includes(message.id))) return false;
      }
      return true;
    }),
    { seed: 1, numRuns: 500 },
  );
  t.pass();
});

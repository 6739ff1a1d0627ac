import test from "ava";
import { listing } from "../../src/crypto/shared/listing.ts";

test("a listing has its letters, whatever blanks and comments it has", (t) => {
  t.is(listing("X = b Y"), "abc");
  t.is(
    listing(`
    i = 2 Y Y           // 2 Y^2
    k = X _ + k + aZ4

    X = k k - j - 2 b
    _ = b - X
    h = k k - 3 b
    m = X _ + 2 l
  `),
    "Icc" + "ka`=k=e" + "akk;j:b" + "w" + "hkk9b" + "ma`>l",
  );
  t.is(listing("n = n n, 15 times\no = o o, 1 times"), "nnn5ooo'");
  t.is(listing("- 2 l\nX = a one"), ":lapq");
  t.is(listing("begin\nselect\nnext digit\nkeep multiple\nkeep multiple, next\nmultiple before\nreduce"), "~z{xy}|");
});

test("what is no line of a listing is refused with it", (t) => {
  for (const line of [
    "X = b",
    "X = b Y + 4 Z",
    "X = b Y - j - j - j",
    "X = 3 b Y",
    "jump",
    "X == b Y",
    "X = X X, times",
  ]) {
    t.throws(() => listing(line), { message: `this is no line of a listing: ${line}` }, line);
  }
  t.throws(() => listing("X = b Y\n- 2 l"), { message: "this is no line of a listing: - 2 l" });
  for (const line of ["W = X X", "X = W X", "X = X W", "X = X X + W"])
    t.throws(() => listing(line), { message: `there is no register W: ${line}` });
  t.throws(() => listing("X = b Y + 3 l"), { message: "a term is added -3 to 2 times: X = b Y + 3 l" });
  for (const line of ["X = X X, 19 times", "X = X X + l, 2 times"])
    t.throws(() => listing(line), { message: `only a product without terms is done again, up to 18 times: ${line}` });
});

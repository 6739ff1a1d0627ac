import test from "ava";
import { boxId, messageId } from "../../../src/endpoint/services/box-ids.ts";
import { sipHash } from "../../../src/packet/siphash.ts";
import { fromBase32, fromHex, toHex } from "../../../src/packet/text.ts";

const SENDER = "inalajkn2duoxwbb4lnlzzhh5glbshxvsyrtm23am3g2dw5gp2rq";
const RECIPIENT = "frnfke2szyna2vwkge6eubxtnkj46rtctqk7g7ewbvfiesycbjdq";

test("a box's ID is the recipient's hashname, hashed with the first half of the sender's; a message's that of the doubled box ID", (t) => {
  const box = boxId(SENDER, RECIPIENT);
  t.is(toHex(box), toHex(sipHash(fromBase32(SENDER).slice(0, 16), fromBase32(RECIPIENT))));
  // computed apart, in Python
  t.is(toHex(box), "aef95d26c4b9ca0f");
  const message = fromHex("00011a0203");
  t.is(toHex(messageId(box, message)), toHex(sipHash(fromHex(toHex(box) + toHex(box)), message)));
  t.is(toHex(messageId(box, message)), "030f6f7d52c244ab");
});

test("a box is of one direction", (t) => {
  t.notDeepEqual(boxId(SENDER, RECIPIENT), boxId(RECIPIENT, SENDER));
});

test("what is no hashname has no box", (t) => {
  t.throws(() => boxId(SENDER.slice(1), RECIPIENT), { code: "HASHNAME" });
  t.throws(() => boxId(SENDER, ""), { code: "HASHNAME" });
});

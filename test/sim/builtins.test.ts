import test from "ava";
import { askBuiltins, espruinoBuiltins, findInterpreter } from "../../sim/index.ts";

test("the list of built-ins is what the interpreter says", (t) => {
  const path = findInterpreter();
  if (path === undefined) {
    t.log("skipped: no espruino-linux found");
    t.pass();
  } else t.deepEqual(askBuiltins(path), espruinoBuiltins);
});

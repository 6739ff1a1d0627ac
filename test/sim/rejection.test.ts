import test from "ava";
import { hosts, logsOf } from "./helpers.ts";

// The test process would end at an unhandled rejection that is not a virtual device's.
for (const { name, make } of hosts) {
  test(`a program's rejected promise disturbs nothing: ${name}`, async (t) => {
    t.deepEqual(
      await logsOf(
        make(),
        "Promise.reject(new Error('x')); Promise.resolve(1).then(function () { throw new Error('y'); }); Promise.all([Promise.resolve(2)]).then(function (l) { return new Promise(function (r) { r(l[0]); }); }).then(function (x) { print(x); }); print('on')",
      ),
      ["on", "2"],
    );
  });
}

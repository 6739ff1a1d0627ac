// Espruino Pico: an instrument on Serial2, a port without speed here. What the program writes to it is a line
// "Serial2: text" of the log. Happenings: { serial2: "21.5\n" } the instrument says something.

(function (w) {
  // include "boards/buttons.js"
  const port = w.makeStream("Serial2");
  port.write = function () { w.log("Serial2: " + E.toString.apply(E, arguments)); };
  // the interpreter has one of its own, and forgets what is assigned first
  global.Serial2 = port;
  global.Serial2 = port;
  happen.serial2 = function (h) { w.post(h.serial2.length, port, port.emit, ["data", h.serial2]); };
  // include "boards/happenings.js"
})

// Boards with an nRF52: what buttons.js has. Their Bluetooth is there, without anybody near, also when another radio is in use.

(function (w) {
  // include "boards/buttons.js"
  if (typeof NRF === "undefined") global.NRF = w.emitter({
    sleep: function () {},
    wake: function () {},
    setAdvertising: function () {},
  });
  // include "boards/happenings.js"
})

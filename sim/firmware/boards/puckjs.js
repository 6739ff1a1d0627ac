// Puck.js: its sensors beside those of buttons.js. Happenings: { light: 0.5 }.

(function (w) {
  // include "boards/buttons.js"
  let brightness = 0.5;
  happen.light = function (h) { brightness = h.light; };
  global.Puck = w.emitter({
    light: function () { return brightness; },
    mag: function () { return { x: 0, y: 0, z: 0 }; },
    getTemperature: function () { return temperature; },
  });
  // include "boards/happenings.js"
})

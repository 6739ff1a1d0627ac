// Bangle.js 2: steps, heart rate, vibration, and a screen that shows each text drawn as a line "screen: text" of the log.
//
// Happenings: { steps: 1200 } so many since midnight; { bpm: 72, confidence: 90 } the heart rate monitor has a value,
// if it is on.

(function (w) {
  // include "boards/buttons.js"
  let steps = 0;
  const users = {};
  const screen = {
    getWidth: function () { return 176; },
    getHeight: function () { return 176; },
    drawString: function (text) {
      w.log("screen: " + text);
      return screen;
    },
    wrapString: function (text, width) {
      const lines = [];
      for (let i = 0; i < text.length; i += 14) lines.push(text.substr(i, 14));
      return lines;
    },
    flip: function () {},
  };
  ["clear", "clearRect", "reset", "setColor", "setBgColor", "setFont", "setFontAlign", "fillRect", "drawRect", "drawLine"].forEach(function (name) {
    screen[name] = function () { return screen; };
  });
  global.g = screen;
  global.Bangle = w.emitter({
    setHRMPower: function (on, app) {
      users[app] = !!on;
      return !!on;
    },
    isHRMOn: function () { return Object.keys(users).some(function (app) { return users[app]; }); },
    getStepCount: function () { return steps; },
    buzz: function () {
      w.log("buzz");
      return Promise.resolve();
    },
    setLCDPower: function () {},
    setUI: function () {},
    loadWidgets: function () {},
    drawWidgets: function () {},
  });
  happen.steps = function (h) {
    steps = h.steps;
    w.post(4, Bangle, Bangle.emit, ["step", steps]);
  };
  happen.bpm = function (h) {
    if (Bangle.isHRMOn()) w.post(8, Bangle, Bangle.emit, ["HRM", { bpm: h.bpm, confidence: h.confidence === undefined ? 100 : h.confidence }]);
  };
  // include "boards/happenings.js"
})

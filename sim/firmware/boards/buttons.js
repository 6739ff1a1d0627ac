// What all boards have: pins with watches, LEDs, and sensors with one value.
//
// Happenings: { press: "BTN", ms: 100 } a button goes down, and up after so long; { temperature: 21.5 }, { battery: 87 },
// { analog: "D3", value: 0.5 } a reading changes. A board may add to `happen`, by what happens.


const watches = [];
const levels = {};
const analog = {};
let lastWatch = 0;
let temperature = 21.5;
let battery = 87;
global.BTN = "BTN";
global.BTN1 = "BTN";
// the interpreter has pins of its own; elsewhere they are their names
const pins = function (port, there) {
  if (there === "undefined") for (let i = 0; i < 32; i++) global[port + i] = port + i;
};
pins("A", typeof A0);
pins("B", typeof B0);
pins("D", typeof D0);
const light = function (name, on) {
  if (!levels[name] !== !on) w.log(name + (on ? " on" : " off"));
  levels[name] = on ? 1 : 0;
};
["LED1", "LED2", "LED3"].forEach(function (name) {
  global[name] = {
    set: function () { light(name, 1); },
    reset: function () { light(name, 0); },
    write: function (on) { light(name, on); },
    toggle: function () { light(name, !levels[name]); },
    name: name,
  };
});
const nameOf = function (pin) { return pin && pin.name ? pin.name : "" + pin; };
const set = function (pin, on) {
  if (nameOf(pin).substr(0, 3) === "LED") light(nameOf(pin), on);
  else levels[nameOf(pin)] = on ? 1 : 0;
};
global.pinMode = function () {};
global.digitalWrite = set;
global.digitalRead = function (pin) { return levels[nameOf(pin)] ? 1 : 0; };
global.digitalPulse = function (pin, on, ms) {
  set(pin, on);
  w.later(function () { set(pin, !on); }, ms);
};
global.analogRead = function (pin) {
  const value = analog[nameOf(pin)];
  return value === undefined ? 0.5 : value;
};
global.setWatch = function (fn, pin, options) {
  const edges = { rising: 1, falling: -1, both: 0 };
  const edge = options && options.edge !== undefined ? options.edge : "rising";
  lastWatch++;
  watches.push({ id: lastWatch, fn: fn, pin: nameOf(pin), edge: edges[edge] === undefined ? edge : edges[edge], repeat: options === true || !!(options && options.repeat) });
  return lastWatch;
};
global.clearWatch = function (id) {
  for (let i = watches.length; i--; ) if (id === undefined || watches[i].id === id) watches.splice(i, 1);
};
global.setDeepSleep = function () {};
E.getTemperature = function () { return temperature; };
E.getBattery = function () { return battery; };
const move = function (pin, on) {
  levels[pin] = on;
  watches.slice().forEach(function (watch) {
    if (watch.pin !== pin || (watch.edge && watch.edge !== (on ? 1 : -1))) return;
    if (!watch.repeat) global.clearWatch(watch.id);
    w.post(4, global, watch.fn, [{ state: !!on, pin: pin }]);
  });
};
const happen = {
  press: function (h) {
    move(h.press, 1);
    w.later(function () { move(h.press, 0); }, h.ms || 100);
  },
  temperature: function (h) { temperature = h.temperature; },
  battery: function (h) { battery = h.battery; },
  analog: function (h) { analog[h.analog] = h.value; },
};

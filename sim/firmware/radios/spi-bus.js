// What the modules on SPI have in common: pins, watches and the port SPI1. Pins go by their names: in the interpreter they
// are its own, in the vm host strings, D0 to D31.
//
// makeBus is called with what a radio is called with, a module's kind, the name of its select pin, and
//   transact(bytes): what the module sends back for the bytes of one transaction, as many
//   changed(pin, level): the program has changed one of its outputs
// and returns { drive(pin, level), level(pin), complain(text) }. Complaints are lines of the log: what a program does to
// the module against its datasheet.

const makeBus = function (w, kind, select, transact, changed) {
  const pins = {};
  const watches = [];
  let lastWatch = 0;
  const pin = function (p) {
    const name = "" + p;
    if (!pins[name]) pins[name] = { level: 0, since: 0 };
    return pins[name];
  };
  const complain = function (text) { w.log(kind + ": " + text); };
  const put = function (p, level) {
    const it = pin(p);
    if (it.level === level) return false;
    const last = it.since;
    it.level = level;
    it.since = w.now() / 1000;
    watches.slice().forEach(function (watch) {
      if (watch.pin !== "" + p || (watch.edge && watch.edge !== (level ? 1 : -1))) return;
      if (!watch.repeat) global.clearWatch(watch.id);
      w.post(4, global, watch.fn, [{ state: !!level, time: it.since, lastTime: last, pin: p }]);
    });
    return true;
  };
  const output = function (p, level) {
    if (put(p, level ? 1 : 0)) changed("" + p, level ? 1 : 0);
  };
  if (typeof D0 === "undefined") for (let i = 0; i < 32; i++) global["D" + i] = "D" + i;
  global.pinMode = function () {};
  global.digitalRead = function (p) { return pin(p).level; };
  global.digitalWrite = output;
  global.digitalPulse = function (p, level, time) {
    output(p, level);
    w.later(function () { output(p, !level); }, time);
  };
  global.setWatch = function (fn, p, options) {
    const edges = { rising: 1, falling: -1 };
    const edge = options && options.edge;
    lastWatch++;
    watches.push({ id: lastWatch, fn: fn, pin: "" + p, repeat: options === true || !!(options && options.repeat), edge: edges[edge] || (edge > 0 ? 1 : edge < 0 ? -1 : 0) });
    return lastWatch;
  };
  global.clearWatch = function (id) {
    for (let i = watches.length; i--; ) if (id === undefined || watches[i].id === id) watches.splice(i, 1);
  };
  const send = function (data, by) {
    const bytes = E.toUint8Array(data);
    if ("" + by === select) {
      if (w.options.trace) w.log("spi", bytes);
      return transact(bytes);
    }
    complain("SPI without its select pin");
    return new Uint8Array(bytes.length).fill(255);
  };
  if (typeof SPI1 === "undefined") global.SPI1 = {};
  SPI1.setup = function () {};
  SPI1.send = function (data, by) {
    const back = send(data, by);
    return typeof data === "number" ? back[0] : typeof data === "string" ? E.toString(back) : back;
  };
  SPI1.write = function () {
    const all = [].slice.call(arguments);
    send(all, all.pop());
  };
  return { drive: put, level: function (p) { return pin(p).level; }, complain: complain };
};

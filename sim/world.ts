// The virtual Espruino world: plain Espruino dialect, the same text in both device hosts.
//
// The text is one function expression. A host calls it with
//   host = { emit(line), get(name), set(name, data), remove(name), names(), sample(inside a callback?) | undefined }
//   boot = { time (ms), step (us a getTime() call takes), crypto, radio, entropy: [4 words], globals: {} }
// and gets { frame(time, base64), run(time), finish(), probe(fn) }. JSON lines come out through emit:
//   {"k":"f","t":ms,"d":base64}  a frame was written      {"k":"l","t":ms,"d":text}  a line was logged
//   {"k":"e","t":ms,"n":ms|null}  the command has ended (the host calls finish() once promises have run)
//
// Time is kept in whole microseconds and storage outside the heap: numbers then come out alike in both
// engines, and files do not take the variables that a board would keep free by having flash.
// What differs from a board: a timer waits 1 ms at least; data with no listener is dropped; there are no
// pins, watches, NRF or Puck; E.getTemperature() and E.getBattery() are constants. Texts of exceptions that
// an engine itself raises, and numbers with a fraction when turned into text outside JSON and the log, are
// the engine's own, so they may differ between the two hosts.

export const worldText = String.raw`(function (host, boot) {
  let inside = false;
  const sample = function () {
    if (host.sample) host.sample(inside);
  };
  let clock = boot.time * 1000;
  let timers = [];
  let lastId = 0;

  const ms = function () { return Math.floor(clock / 1000); };
  const say = function (kind, data) {
    host.emit(JSON.stringify({ k: kind, t: ms(), d: data }));
  };

  // ---- log
  const describe = function (x) {
    if (typeof x === "string") return x;
    if (x === undefined) return "undefined";
    if (typeof x === "function") return "function";
    if (x !== null && typeof x === "object" && x.message !== undefined) {
      const text = "" + x;
      if (text !== "[object Object]") return text;
    }
    return JSON.stringify(x);
  };
  const log = function () {
    let text = "";
    for (let i = 0; i < arguments.length; i++) text += (i ? " " : "") + describe(arguments[i]);
    say("l", text);
  };
  global.print = log;
  console.log = log;
  console.info = log;
  console.debug = log;
  console.warn = log;
  console.error = log;

  // One callback of the program: what it throws is logged, as a board prints it to its console.
  const call = function (that, fn, args) {
    let fine = true;
    const outer = inside;
    inside = true;
    try {
      fn.apply(that, args);
    } catch (e) {
      fine = false;
      log("Uncaught " + describe(e));
    }
    sample();
    inside = outer;
    return fine;
  };

  // ---- time
  const micros = function (delay) {
    if (!(delay >= 1)) return 1000;
    if (delay > 1000000000) return 1000000000000;
    return Math.round(delay) * 1000;
  };
  const addTimer = function (fn, delay, repeat, args) {
    if (typeof fn !== "function") throw new Error("Function not supplied!");
    lastId++;
    timers.push({ id: lastId, due: clock + micros(delay), period: repeat ? micros(delay) : 0, fn: fn, args: args });
    return lastId;
  };
  const removeTimer = function (id) {
    timers = timers.filter(function (t) { return t.id !== id; });
  };
  // Without an argument all of the kind go; with undefined none does.
  const clear = function (args, repeat) {
    if (args.length) removeTimer(args[0]);
    else timers = timers.filter(function (t) { return (t.period > 0) !== repeat; });
  };
  global.setTimeout = function (fn, delay) { return addTimer(fn, delay, false, [].slice.call(arguments, 2)); };
  global.setInterval = function (fn, delay) { return addTimer(fn, delay, true, [].slice.call(arguments, 2)); };
  global.clearTimeout = function () { clear(arguments, false); };
  global.clearInterval = function () { clear(arguments, true); };
  global.changeInterval = function (id, delay) {
    timers.forEach(function (t) {
      if (t.id === id) {
        t.period = micros(delay);
        t.due = clock + t.period;
      }
    });
  };
  global.getTime = function () {
    const now = clock / 1000000;
    clock += boot.step;
    sample();
    return now;
  };
  Date.now = function () { return Math.floor(global.getTime() * 1000); };
  // The earliest timer, the first made of those due at the same time: timers stand in order of making.
  const earliest = function () {
    let best;
    for (let i = 0; i < timers.length; i++) {
      if (best === undefined || timers[i].due < best.due) best = timers[i];
    }
    return best;
  };

  // ---- entropy: sfc32, the same stream as sim/random.ts
  const stream = function (s) {
    let a = s[0];
    let b = s[1];
    let c = s[2];
    let d = s[3];
    const next = function () {
      const t = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (c << 21) | (c >>> 11);
      c = (c + t) | 0;
      return t;
    };
    // The first numbers still show the seed.
    for (let i = 0; i < 12; i++) next();
    return next;
  };
  const weak = stream([boot.entropy[3], boot.entropy[2], boot.entropy[1], boot.entropy[0]]);
  E.hwRand = stream(boot.entropy);
  Math.random = function () { return (weak() >>> 0) / 4294967296; };

  // ---- streams
  const makeStream = function (name) {
    let listeners = [];
    const self = {
      on: function (event, fn) { listeners = listeners.concat([{ event: event, fn: fn }]); },
      removeListener: function (event, fn) {
        listeners = listeners.filter(function (l) { return l.event !== event || l.fn !== fn; });
      },
      removeAllListeners: function (event) {
        listeners = listeners.filter(function (l) { return event !== undefined && l.event !== event; });
      },
      emit: function (event, data) {
        const now = listeners;
        for (let i = 0; i < now.length; i++) {
          if (now[i].event === event) call(self, now[i].fn, [data]);
        }
      },
      write: function () {
        const data = E.toString.apply(E, arguments);
        if (name === boot.radio && data !== undefined && data.length) say("f", btoa(data));
        sample();
      },
      print: function (text) { self.write("" + text); },
      println: function (text) { self.write("" + text + "\r\n"); },
      setup: function () {},
      setConsole: function () {},
    };
    return self;
  };
  global.Bluetooth = makeStream("Bluetooth");
  global.Serial1 = makeStream("Serial1");
  const radio = boot.radio === "Serial1" ? global.Serial1 : global.Bluetooth;

  // ---- storage
  const key = function (name) { return ("" + name).substr(0, 28); };
  Modules.addCached("Storage", "exports.virtual=1");
  const storage = require("Storage");
  storage.read = function (name, offset, length) {
    const data = host.get(key(name));
    if (data === undefined || (!offset && !length)) return data;
    return length > 0 ? data.substr(offset, length) : data.substr(offset);
  };
  storage.readArrayBuffer = function (name) {
    const data = host.get(key(name));
    return data === undefined ? undefined : E.toUint8Array(data).buffer;
  };
  storage.write = function (name, data, offset, size) {
    let text = data;
    if (typeof data !== "string") {
      text = typeof data === "object" && !Array.isArray(data) && data.byteLength === undefined ? JSON.stringify(data) : E.toString(data);
    }
    let old = host.get(key(name));
    if (size > 0) {
      old = "";
      while (old.length < size) old += "\xff";
    }
    if (!offset && !(size > 0)) {
      host.set(key(name), text);
      return true;
    }
    // Flash that is written already cannot be written again with something else.
    const at = offset ? offset : 0;
    if (old === undefined || at + text.length > old.length) throw new Error("Too much data for free space");
    for (let i = 0; i < text.length; i++) {
      if (old[at + i] !== "\xff" && old[at + i] !== text[i]) throw new Error("File already written with different data");
    }
    host.set(key(name), old.substr(0, at) + text + old.substr(at + text.length));
    return true;
  };
  storage.erase = function (name) { host.remove(key(name)); };
  storage.eraseAll = function () { host.names().forEach(function (name) { host.remove(name); }); };
  storage.list = function (pattern) {
    return host.names().filter(function (name) { return pattern === undefined || name.match(pattern); });
  };
  storage.readJSON = function (name, quiet) {
    const data = host.get(key(name));
    if (data === undefined) return undefined;
    if (!quiet) return JSON.parse(data);
    try {
      return JSON.parse(data);
    } catch (e) {
      return undefined;
    }
  };
  storage.writeJSON = function (name, value) {
    host.set(key(name), JSON.stringify(value));
    return true;
  };
  storage.getFree = function () { return 65536; };

  // ---- the rest of the board
  if (!boot.crypto) Modules.addCached("crypto", "exports.absent=1");
  E.setConsole = function () {};
  E.getTemperature = function () { return 21.5; };
  E.getBattery = function () { return 87; };
  Object.keys(boot.globals).forEach(function (name) { global[name] = boot.globals[name]; });

  const advance = function (time) {
    if (time * 1000 > clock) clock = time * 1000;
  };
  return {
    frame: function (time, data) {
      advance(time);
      radio.emit("data", atob(data));
    },
    run: function (time) {
      advance(time);
      let timer = earliest();
      while (timer && timer.due <= time * 1000) {
        if (timer.period) timer.due += timer.period;
        else removeTimer(timer.id);
        // As on a board, an interval whose callback throws is removed.
        if (!call(global, timer.fn, timer.args) && timer.period) removeTimer(timer.id);
        timer = earliest();
      }
    },
    probe: function (fn) { call(global, fn, []); },
    finish: function () {
      const timer = earliest();
      host.emit(JSON.stringify({ k: "e", t: ms(), n: timer ? Math.ceil(timer.due / 1000) : null }));
    },
  };
})`;

// What a virtual board's firmware gives its program: console, timers, entropy, streams, Storage; the same text in both device hosts.
//
// The file is one function expression. A host calls it with
//   host = { emit(line), get(name), set(name, data), remove(name), names(), native(operation, memory), sample(inside a callback?) | undefined }
//   boot = { time (ms), step (us a getTime() call takes), firmware (list), thumb (whether native code runs), faults, radio, entropy: [4 words], globals: {} }
//   makeBoard = the function that a file of boards/ evaluates to; undefined where the board has none
//   makeRadio = the function that a file of radios/ evaluates to; undefined where `radio` is a stream's name
// and gets { frame(time, base64), link(time, up, mtu), run(time), finish(), probe(fn) }. JSON lines come out through emit:
//   {"k":"f","t":ms,"d":base64}  a frame was written      {"k":"l","t":ms,"d":text}  a line was logged
//   {"k":"e","t":ms,"n":ms|null,"w":n,"c":0|1}  the command has ended (the host calls finish() once promises have run);
//     n writes and erasures of files since the boot; 1: the power was cut, and host.halt(), if any, does not return
//
// Time is kept in whole microseconds and storage outside the heap: numbers then come out alike in both
// engines, and files do not take the variables that a board would keep free by having flash.
// What differs from a board: a timer waits 1 ms at least; data with no listener is dropped; of pins, watches, NRF and
// the like there is what the radio's hardware has; E.getTemperature() and E.getBattery() are constants. Texts of exceptions that
// an engine itself raises, and numbers with a fraction when turned into text outside JSON and the log, are
// the engine's own, so they may differ between the two hosts.

(function (host, boot, makeRadio, makeBoard) {
  let inside = false;
  const sample = function () {
    if (host.sample) host.sample(inside);
  };
  let clock = Math.round(boot.time * 1000);
  // The hardware's time in us while it does something on its own; otherwise it is the program that acts, at its clock.
  let air;
  let timers = [];
  let lastId = 0;

  const ms = function () { return Math.floor((air === undefined ? clock : air) / 1000); };
  // Whether the power is gone: nothing leaves the device any more.
  let dead = false;
  const say = function (kind, data) {
    if (!dead) host.emit(JSON.stringify({ k: kind, t: ms(), d: data }));
  };

  // ---- log
  // Where the console is; who connects moves it unless it is forced to a place. A radio that carries it has print.
  const terminal = { device: "Serial1", forced: false };
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
    if (terminal.print) terminal.print(text);
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
    const at = air;
    inside = true;
    air = undefined;
    try {
      fn.apply(that, args);
    } catch (e) {
      fine = false;
      log("Uncaught " + describe(e));
    }
    sample();
    inside = outer;
    air = at;
    return fine;
  };

  // ---- events: what the hardware has for the program waits until the program is idle, in the interpreter's queue
  const events = [];
  // Bytes of the queue (build_platform_config.py: 1,024 for the nRF52, or from 96 KB of RAM); an event takes two more than its data.
  const room = boot.radioOptions.queue || 1024;
  const used = function () {
    let sum = 0;
    events.forEach(function (e) { sum += e.size + 2; });
    return sum;
  };
  const post = function (size, that, fn, args) {
    if (used() + size + 2 > room) {
      log("event queue full");
      return undefined;
    }
    const event = { size: size, that: that, fn: fn, args: args };
    events.push(event);
    return event;
  };
  const settle = function (time) {
    while (events.length && clock <= time) {
      const event = events.shift();
      call(event.that, event.fn, event.args);
    }
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
  // Timers of the hardware: they run whether the program is busy or not.
  const later = function (fn, delay) {
    lastId++;
    timers.push({ id: lastId, due: (air === undefined ? clock : air) + Math.round(delay * 1000), hard: true, fn: fn });
    return lastId;
  };
  const removeTimer = function (id) {
    timers = timers.filter(function (t) { return t.id !== id; });
  };
  // Without an argument all of the kind go; with undefined none does.
  const clear = function (args, repeat) {
    if (args.length) removeTimer(args[0]);
    else timers = timers.filter(function (t) { return t.hard || (t.period > 0) !== repeat; });
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
  // what setTime has moved getTime by, in microseconds: timers go by the clock, as on a board
  let moved = 0;
  global.setTime = function (seconds) { moved = Math.round(seconds * 1000000) - clock; };
  global.getTime = function () {
    const now = (clock + moved) / 1000000;
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
  // Gives an object listeners of events.
  const emitter = function (self) {
    let listeners = [];
    self.on = function (event, fn) { listeners = listeners.concat([{ event: event, fn: fn }]); };
    self.removeListener = function (event, fn) {
      listeners = listeners.filter(function (l) { return l.event !== event || l.fn !== fn; });
    };
    self.removeAllListeners = function (event) {
      listeners = listeners.filter(function (l) { return event !== undefined && l.event !== event; });
    };
    self.emit = function (event, one, two) {
      const now = listeners;
      for (let i = 0; i < now.length; i++) {
        if (now[i].event === event) call(self, now[i].fn, [one, two]);
      }
    };
    return self;
  };
  const makeStream = function (name) {
    const self = emitter({
      write: function () {
        const data = E.toString.apply(E, arguments);
        if (name === boot.radio && data !== undefined && data.length) say("f", btoa(data));
        sample();
      },
      print: function (text) { self.write("" + text); },
      println: function (text) { self.write("" + text + "\r\n"); },
      setup: function () {},
      setConsole: function (force) {
        terminal.device = name;
        terminal.forced = !!force;
      },
    });
    return self;
  };
  global.Bluetooth = makeStream("Bluetooth");
  global.Serial1 = makeStream("Serial1");

  // ---- storage
  const key = function (name) { return ("" + name).substr(0, 28); };
  Modules.addCached("Storage", "exports.virtual=1");
  const storage = require("Storage");
  // What changes the flash goes as in jsflash.c: the old file is marked as erased (1), the header of the new one is
  // written, its first words (2) and the rest (3), then the content, half of it (4) and all (5). Files of one name on
  // the flash, of which only one counts, are one here; how much room there is, only boot.faults.full tells.
  const faults = boot.faults;
  let writes = 0;
  const power = function (last, act) {
    const cut = faults.cut && faults.cut.write === writes ? faults.cut.step : undefined;
    writes++;
    act(cut === undefined || cut > last ? last : cut);
    if (cut === undefined) return;
    dead = true;
    host.emit(JSON.stringify({ k: "e", t: ms(), n: null, w: writes, c: 1 }));
    if (host.halt) host.halt();
    throw new Error("power cut");
  };
  const blank = function (length) {
    let text = "\xff";
    while (text.length < length) text += text;
    return text.substr(0, length);
  };
  const put = function (name, text, at, size) {
    const old = host.get(name);
    if (!at && size === text.length && old === text) return;
    if (!size) throw new Error("Can't create zero length file");
    if (at && old === undefined) throw new Error("Unable to find or create file");
    // a file that is there is written into, if it is blank so far
    const into = at || (old !== undefined && old.length === size && old === blank(size));
    if (!into && faults.full !== undefined && writes >= faults.full) {
      host.remove(name);
      throw new Error("Unable to find or create file");
    }
    const length = into ? old.length : size;
    if (at + text.length > length) throw new Error("Too much data for file size");
    if (at && old.substr(at, text.length) !== blank(text.length)) throw new Error("File already written with different data");
    power(5, function (step) {
      const content = function (n) {
        if (n === length) return text;
        return (into ? old.substr(0, at) : "") + text.substr(0, n) + (into ? old.substr(at + n) : blank(length - n));
      };
      if (!into && step > 0) host.remove(name);
      // what has the header's first words is a file too, of no name that anyone asks for
      if (!into && step === 2) host.set(name.substr(0, 4) + blank(24), blank(length));
      if (!into && step === 3) host.set(name, blank(length));
      if (step === 4) host.set(name, content(text.length >> 3 << 2));
      if (step === 5) host.set(name, content(text.length));
    });
  };
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
    put(key(name), text, offset > 0 ? offset : 0, size > 0 ? size : text.length);
    return true;
  };
  storage.erase = function (name) {
    if (host.get(key(name)) === undefined) return;
    power(1, function (step) {
      if (step) host.remove(key(name));
    });
  };
  storage.eraseAll = function () { host.names().forEach(storage.erase); };
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
    return storage.write(name, JSON.stringify(value));
  };
  storage.getFree = function () { return 65536; };

  // ---- the rest of the board
  if (boot.firmware.length < 2) {
    const crypto = require("crypto");
    Modules.addCached("crypto", "exports.absent=1");
    const left = require("crypto");
    for (let i = 0; i < boot.firmware.length; i++) left[boot.firmware[i]] = crypto[boot.firmware[i]];
  }
  E.setConsole = function (device, options) {
    terminal.device = device === global.Bluetooth ? "Bluetooth" : device === global.Serial1 ? "Serial1" : device;
    terminal.forced = !!(options && options.force);
  };
  E.getConsole = function () { return terminal.device; };
  E.getTemperature = function () { return 21.5; };
  E.getBattery = function () { return 87; };

  // ---- native code: memory has an address from when it was asked for until that of other memory is
  if (boot.thumb) {
    const addressOf = E.getAddressOf;
    const place = 0x20001000;
    const flash = 0x60000;
    let memory;
    let file;
    let good;
    E.getAddressOf = function (v, flat) {
      const address = addressOf(v, flat);
      if (!flat || !address) return address;
      if (typeof v === "string") {
        if (v !== file) good = undefined;
        file = v;
        return flash;
      }
      memory = v;
      return place;
    };
    E.nativeCall = function (address, signature, code) {
      // what was found good once is not asked for again
      if (good === undefined || address !== flash + 1) {
        const text = address === flash + 1 ? file : address === 1 ? code : "";
        good = signature === "int(int,int,int)" && host.native(-1, E.toUint8Array(text), 0) === "0";
      }
      return function (operation, address, length) {
        const bytes = memory;
        if (!good) throw new Error("Not the native code for this board");
        if (address !== place || !bytes || bytes.byteLength < 96 + length) throw new Error("Native code is given no memory");
        const answer = host.native(operation, bytes, length).split(" ");
        clock += parseInt(answer[1], 10);
        sample();
        return parseInt(answer[0], 10);
      };
    };
  } else E.nativeCall = undefined;
  Object.keys(boot.globals).forEach(function (name) { global[name] = boot.globals[name]; });

  // ---- what else is on the board
  if (makeBoard) makeBoard({ happens: boot.happens, later: later, post: post, emitter: emitter, makeStream: makeStream, log: log });

  // ---- the radio's hardware
  const hardware = function (time, fn) {
    const before = air;
    air = time;
    fn();
    air = before;
  };
  // What the hardware did while the program was busy: before the program asks it for something.
  const sync = function () {
    let timer;
    do {
      timer = undefined;
      timers.forEach(function (t) { if (t.hard && t.due <= clock && (!timer || t.due < timer.due)) timer = t; });
      if (timer) {
        removeTimer(timer.id);
        hardware(timer.due, timer.fn);
      }
    } while (timer);
  };
  const radio = makeRadio && makeRadio({
    options: boot.radioOptions,
    terminal: terminal,
    events: events,
    now: ms,
    send: function (data) { say("f", btoa(data)); },
    post: post,
    used: used,
    wait: function (ms) { clock += ms * 1000; },
    call: call,
    later: later,
    sync: sync,
    cancel: removeTimer,
    emitter: emitter,
    log: log,
  });

  // Times of commands are ms, perhaps with a fraction; from here on they are whole us.
  const whole = function (time) { return Math.round(time * 1000); };
  const advance = function (time) {
    if (time > clock) clock = time;
  };
  return {
    frame: function (at, data) {
      const time = whole(at);
      if (dead) return;
      if (radio) hardware(time, function () { radio.frame(atob(data)); });
      advance(time);
      if (radio) settle(time);
      else (boot.radio === "Serial1" ? global.Serial1 : global.Bluetooth).emit("data", atob(data));
    },
    link: function (at, up, mtu) {
      const time = whole(at);
      if (dead) return;
      if (radio) hardware(time, function () { radio.link(up, mtu); });
      advance(time);
      settle(time);
    },
    run: function (at) {
      const time = whole(at);
      if (dead) return;
      advance(time);
      settle(time);
      let timer = earliest();
      while (timer && timer.due <= time) {
        if (timer.hard) {
          removeTimer(timer.id);
          hardware(timer.due, timer.fn);
          settle(time);
          timer = earliest();
          continue;
        }
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
      if (dead) return;
      let next = timer ? timer.due : Infinity;
      if (events.length) next = Math.min(next, clock);
      host.emit(JSON.stringify({ k: "e", t: ms(), n: next < Infinity ? Math.ceil(next / 1000) : null, w: writes, c: 0 }));
    },
  };
})

// A board whose advertisements are frames to the air: the payload of each, 31 bytes at most. Nothing can be sent to it.
//
// After jswrap_bluetooth.c and the stack: a list of payloads takes turns, one an advertisement; the interval is 20 ms to
// 10.24 s, 100 ms at least where the board cannot be connected to; the stack adds 0 to 10 ms to each (here the same
// sequence for every board). The usual advertisement, without data of a program, is not put on the air here. While a
// central is connected only what was set with whenConnected is. With radioOptions.onAir the medium does what the stack adds.

(function (w) {
  // include "radios/bluetooth.js"
  let period = 375;
  let turn = 0;
  let timer;
  let connectable = true;
  let whenConnected = false;
  let seed = 1;
  const delay = function () {
    if (w.options.onAir) return 0;
    seed = (seed * 1103 + 12345) % 65536;
    return seed / 6553.6;
  };
  const tick = function () {
    timer = w.later(tick, period + delay());
    if (connected && !whenConnected) return;
    w.send(advertised[turn]);
    turn = (turn + 1) % advertised.length;
  };
  NRF.setAdvertising = function (data, options) {
    if (options) {
      if (options.interval) period = Math.min(Math.max(options.interval, 20), 10240);
      if (options.connectable !== undefined) connectable = options.connectable;
      if (options.whenConnected !== undefined) whenConnected = options.whenConnected;
    }
    if (timer !== undefined) w.cancel(timer);
    timer = undefined;
    turn = 0;
    if (Array.isArray(data)) advertised = typeof data[0] === "number" ? [E.toString(data)] : data.map(function (one) { return E.toString(one); });
    else advertised = [data.byteLength === undefined ? payload(data, options, true) : E.toString(data)];
    if (advertised[0] === payload({}, {}, true) || advertised[0] === payload({}, {}, false)) return;
    advertised.forEach(function (one) { if (one.length > 31) throw error(12, "DATA_SIZE"); });
    if (!connectable && period < 100) throw error(7, "INVALID_PARAM");
    timer = w.later(tick, delay());
  };
  return {
    frame: function () {},
    link: function () {},
  };
})

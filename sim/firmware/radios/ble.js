// A board whose frames go by GATT characteristics of its own: indications and notifications are frames to the air,
// frames from the air are writes to the first characteristic that can be written. Nordic UART carries the console, and
// nothing of it is on the air here.
//
// After jswrap_bluetooth.c: updateServices throws for a second indication before the first is confirmed; a notification
// for which the stack has no room (radioOptions.notifications, 3), or that nobody has subscribed to, is lost without a
// word; what is longer than the MTU takes is cut off. The central subscribes 50 ms after it has connected, or before it
// first writes, and confirms an indication an interval after it was sent. With radioOptions.onAir frames go at once: it is
// the medium that waits for the connection's events.

(function (w) {
  // include "radios/bluetooth.js"
  const room = w.options.notifications || 3;
  const onAir = !!w.options.onAir;
  let characteristics = {};
  let restart = false;
  let made = false;
  let next;
  let pending = false;
  let queue = [];
  let subscribed = false;

  const build = function (services) {
    characteristics = {};
    made = true;
    restart = false;
    Object.keys(services).forEach(function (service) {
      Object.keys(services[service]).forEach(function (uuid) {
        const c = services[service][uuid];
        const value = c.value === undefined ? "" : E.toString(c.value);
        characteristics[uuid] = { service: service, c: c, maxLen: Math.max(c.maxLen || 1, value.length) };
      });
    });
  };
  NRF.setServices = function (services, options) {
    if (connected) {
      print("BLE Connected, queueing BLE restart for later");
      restart = true;
      next = services;
    } else build(services || {});
  };
  const each = function (fn) {
    Object.keys(characteristics).forEach(function (uuid) { fn(characteristics[uuid]); });
  };
  const pump = function () {
    if (!queue.length) return;
    const frame = queue.shift();
    if (!onAir) w.send(frame);
    if (queue.length) later(pump, interval);
  };
  NRF.updateServices = function (services) {
    w.sync();
    if (restart) throw new Error("Can't update services until BLE restart");
    Object.keys(services).forEach(function (service) {
      Object.keys(services[service]).forEach(function (uuid) {
        const known = characteristics[uuid];
        const update = services[service][uuid];
        if (!known) throw new Error("Unable to find service with UUID " + uuid);
        const value = update.value === undefined ? "" : E.toString(update.value);
        if (!value.length) return;
        if (value.length > known.maxLen) throw error(12, "DATA_SIZE");
        // NRF_ERROR_INVALID_STATE: not subscribed
        if (!connected || !subscribed) return;
        const frame = value.substr(0, mtu - 3);
        if (update.indicate && known.c.indicate) {
          if (pending) throw error(17, "BUSY");
          pending = true;
          if (onAir) w.send(frame);
          later(function () {
            if (!onAir) w.send(frame);
            later(function () { pending = false; }, interval);
          }, interval);
        } else if (update.notify && known.c.notify && queue.length < room) {
          queue.push(frame);
          if (onAir) w.send(frame);
          if (queue.length === 1) later(pump, interval);
        }
      });
    });
  };
  const bytes = function (data) { return { data: E.toUint8Array(data).buffer }; };
  const subscribe = function () {
    if (subscribed) return;
    subscribed = true;
    each(function (known) {
      const bits = known.c.notify ? 1 : known.c.indicate ? 2 : 0;
      if (bits && known.c.onWriteDesc) w.post(5, NRF, known.c.onWriteDesc, [bytes(String.fromCharCode(bits, 0))]);
    });
  };
  return {
    frame: function (data) {
      if (!connected) return;
      subscribe();
      let to;
      each(function (known) { if (!to && known.c.writable) to = known; });
      if (!to || data.length > to.maxLen || data.length > mtu - 3) {
        w.log("write of " + data.length + " bytes refused");
        return;
      }
      if (to.c.onWrite) w.post(data.length + 3, NRF, to.c.onWrite, [bytes(data)]);
    },
    link: function (up, asked) {
      if (!connection(up, asked)) return;
      pending = subscribed = false;
      queue = [];
      if (up) later(subscribe, 50);
      else if (restart) build(next || {});
    },
  };
})

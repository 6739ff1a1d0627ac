// A board on whose Nordic UART the frames are, as on its stream object Bluetooth.
//
// After src/jsdevices.c, src/jsinteractive.c and targets/nrf5x/bluetooth.c: what is written waits in a buffer
// (radioOptions.buffer, 128 bytes) and goes out as one notification a connection interval, with as many bytes as the MTU
// takes and as there are, whatever the writes were; a write that does not fit stops the program until it does; without a
// connection, and before the central subscribes, it goes nowhere. What comes joins the last event that waits, up to 64
// bytes, or is cut into such. It goes to the console where that is here, and the console's text goes out. When the
// event queue is fuller than 3/8, an XOFF is put among the bytes, an XON when it is emptier, until Bluetooth.unsetup().
// The central subscribes 50 ms after it has connected, or before it first writes. With radioOptions.onAir a notification is
// made at once, and the next an interval later: it is the medium that waits for the connection's events.

(function (w) {
  // include "radios/bluetooth.js"
  const size = w.options.buffer || 128;
  const most = Math.max(64, maxMtu + 3);
  const limit = w.options.queue || 1024;
  const first = w.options.onAir ? 0 : interval;
  const self = global.Bluetooth;
  let subscribed = false;
  let flow = true;
  let off = false;
  let buffer = "";
  let timer;
  let last;

  const pump = function () {
    timer = undefined;
    if (!buffer.length) return;
    if (subscribed) w.send(buffer.substr(0, mtu - 3));
    buffer = subscribed ? buffer.substr(mtu - 3) : "";
    if (buffer.length || (w.options.onAir && subscribed)) timer = later(pump, interval);
  };
  const transmit = function (data, front) {
    if (!connected) return;
    buffer = front ? data + buffer : buffer + data;
    while (buffer.length > size) {
      w.wait(interval);
      w.cancel(timer);
      pump();
    }
    if (timer === undefined && buffer.length) timer = later(pump, first);
  };
  const ready = function () {
    if (w.used() >= limit / 4) return later(ready, 5);
    off = false;
    transmit("\x11", true);
  };
  self.write = function () {
    const data = E.toString.apply(E, arguments);
    w.sync();
    if (data !== undefined) transmit(data, false);
  };
  self.unsetup = function () { flow = false; };
  w.terminal.print = function (text) {
    if (w.terminal.device === "Bluetooth") transmit(text + "\r\n", false);
  };
  return {
    frame: function (data) {
      if (!connected) return;
      subscribed = true;
      if (w.terminal.device === "Bluetooth") {
        w.log("console: " + data.length + " bytes");
        return;
      }
      const events = w.events;
      if (events.length > 1 && events[events.length - 1] === last && last.size + data.length < most) {
        last.size += data.length;
        last.args[1] += data;
      } else {
        for (let i = 0; i < data.length; i += most) {
          const part = data.substr(i, most);
          last = w.post(part.length, self, self.emit, ["data", part]);
        }
      }
      if (flow && !off && w.used() > limit * 3 / 8) {
        off = true;
        transmit("\x13", true);
        later(ready, 5);
      }
    },
    link: function (up, asked) {
      if (!connection(up, asked)) return;
      subscribed = off = false;
      buffer = "";
      timer = undefined;
      if (up) later(function () { subscribed = true; }, 50);
    },
  };
})

// A serial port, Serial1: bytes come and go at its speed, and wait in the interpreter's queue while the program is busy.
//
// Options: baud: the other side's (9600); what comes or goes at another is noise. While the console is on the port, it
// takes what comes. With radioOptions.onAir the medium has the line's speed: bytes go and come at once. fifo: bytes of the
// hardware's buffer of a port without interrupts (boards/*.json), which the firmware looks into when the program is idle,
// each 5 ms while it sleeps; bytes for which there is no room are lost. Not modelled: parity, flow control, the wait of the
// program while the buffer for output is full.

(function (w) {
  const port = global.Serial1;
  const other = w.options.baud || 9600;
  let baud = 9600;
  let fine = true;
  // when the lines are free, in ms
  let out = 0;
  let inward = 0;
  const POLL = 5;
  const noise = function (data) {
    let text = "";
    for (let i = 0; i < data.length; i++) text += "\xfe";
    return text;
  };
  const deliver = function (data) { port.emit("data", data); };
  // of a port that is polled
  let held = "";
  let polling = false;
  const poll = function () {
    // what came while the program was busy
    w.sync();
    const data = held;
    held = "";
    polling = false;
    deliver(data);
  };
  const receive = function (data) {
    if (w.terminal.device === "Serial1") {
      w.log("serial: " + data.length + " bytes went to the console");
      return;
    }
    if (w.options.fifo) {
      const room = w.options.fifo - held.length;
      if (data.length > room) w.log("serial: " + (data.length - room) + " bytes lost, the port's buffer is full");
      held += data.substr(0, room);
      if (!polling) w.later(function () { w.post(0, port, poll, []); }, POLL);
      polling = true;
      return;
    }
    // bytes of one port that wait together are one event
    const last = w.events[w.events.length - 1];
    if (last && last.fn === deliver && last.size + data.length < 64) {
      last.size += data.length;
      last.args[0] += data;
    } else w.post(data.length, port, deliver, [data]);
  };
  port.setup = function (rate) {
    baud = rate || 9600;
    fine = baud === other;
  };
  port.write = function () {
    const data = E.toString.apply(E, arguments);
    if (!data.length) return;
    if (w.options.onAir) {
      w.send(fine ? data : noise(data));
      return;
    }
    const now = w.now();
    out = Math.max(out, now) + data.length * 10000 / baud;
    w.later(function () { w.send(fine ? data : noise(data)); }, out - now);
  };
  return {
    frame: function (data) {
      const now = w.now();
      inward = Math.max(inward, now);
      for (let i = 0; i < data.length; i += 8) {
        const piece = data.substr(i, 8);
        if (w.options.onAir) {
          receive(fine ? piece : noise(piece));
          continue;
        }
        inward += piece.length * 10000 / other;
        w.later(function () { receive(fine ? piece : noise(piece)); }, inward - now);
      }
    },
    link: function () {},
  };
})

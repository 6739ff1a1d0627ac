// A Nordic nRF24L01+ by its registers (Product Specification 1.0), on SPI1, and the air around it.
//
// Options: cs, ce, irq: names of pins ("D4", "D5", "D6"). own, peer: addresses, five characters, this module's as the
// other side calls it and the other's ("mote1", "gate1"). channel (76), rate (kbit/s, 1000): how the other side is set.
// lossy: each so many-th transmission, of either side, is lost. brownout: ms from boot until the module loses its
// settings. trace: SPI transactions, and frames with their transmissions, are logged. onAir: a medium sees to airtime,
// acknowledgements and repetition (sim/media/nrf24.ts): a frame goes to it when it would begin to be sent, and one that
// comes has just ended. The program is told that the first transmission was acknowledged if the link is up, whatever
// becomes of it: a medium tells nothing back.
//
// The other side acknowledges while the link is up, and sends each of its frames up to 16 times, 1.5 ms apart, one after
// the other. Not modelled: payloads in acknowledgements, pipes 2 to 5, static lengths, carrier detection.

(function (w) {
  // include "radios/spi-bus.js"
  const o = w.options;
  const own = o.own || "mote1";
  const peer = o.peer || "gate1";
  const ce = o.ce || "D5";
  const irq = o.irq || "D6";
  let bus;
  let up = false;
  let reg;
  let addresses;
  let tx;
  let rx;
  let powered;
  // when CE went up, and the transmission under way
  let enabled;
  let busy;
  const air = [];
  let onAir = false;
  let transmissions = 0;
  let awake = w.now() + 100;

  const reset = function () {
    reg = new Uint8Array(32);
    reg.set([0x08, 0x3f, 0x03, 0x03, 0x03, 0x02, 0x0e, 0x0e], 0);
    reg[0x17] = 0x11;
    addresses = { 10: "\xe7\xe7\xe7\xe7\xe7", 11: "\xc2\xc2\xc2\xc2\xc2", 16: "\xe7\xe7\xe7\xe7\xe7" };
    tx = [];
    rx = [];
    powered = undefined;
    busy = undefined;
  };
  const lost = function () {
    transmissions++;
    return !up || (o.lossy && transmissions % o.lossy === 0);
  };
  const level = function () { bus.drive(irq, reg[7] & 0x70 & ~reg[0] ? 0 : 1); };
  const flag = function (bits) {
    reg[7] |= bits;
    level();
  };
  const status = function () { return (reg[7] & 0x70) + (rx.length ? rx[0].pipe * 2 : 14) + (tx.length > 2 ? 1 : 0); };
  const rate = function () { return reg[6] & 0x20 ? 250 : reg[6] & 8 ? 2000 : 1000; };
  const tuned = function () {
    // CRC of two bytes, five bytes of address, dynamic lengths
    return reg[5] === (o.channel || 76) && rate() === (o.rate || 1000) && (reg[0] & 12) === 12 && reg[3] === 3 && reg[0x1d] & 4;
  };
  // ms on the air: preamble, address, 9 bits, payload, CRC
  const airtime = function (length) { return ((1 + 5 + length + 2) * 8 + 9) / rate(); };
  // ready after power-up (1.5 ms), and settled (0.13 ms)
  const ready = function () { return powered !== undefined && w.now() >= powered + 1.5; };
  const listening = function () { return reg[0] & 1 && enabled !== undefined && ready() && w.now() >= enabled; };

  const start = function () {
    if (busy || !tx.length || reg[0] & 1 || powered === undefined || enabled === undefined || reg[7] & 0x10) return;
    const mine = {};
    const data = tx[0];
    busy = mine;
    let count = 0;
    let heard = false;
    const reached = function () { return !lost() && tuned() && addresses[16] === peer && reg[0x1c] & 1; };
    const give = function () {
      if (!heard) w.send(data);
      heard = true;
    };
    const one = function () {
      if (busy !== mine) return;
      count++;
      const there = reached();
      if (there) give();
      const acknowledged = there && reg[1] & 1 && reg[2] & 1 && addresses[10] === addresses[16];
      if (acknowledged || !(reg[1] & 1)) {
        busy = undefined;
        tx.shift();
        if (o.trace) w.log("nrf24 sent " + data.length + " bytes, " + count);
        flag(0x20);
        start();
      } else if (count > (reg[4] & 15)) {
        busy = undefined;
        if (o.trace) w.log("nrf24 gave up " + data.length + " bytes, " + count);
        flag(0x10);
      } else w.later(one, (reg[4] >> 4) * 0.25 + 0.25 + airtime(data.length));
    };
    const wait = Math.max(powered + 1.5 - w.now(), 0);
    if (o.onAir) w.later(function () {
      if (busy === mine && reached()) give();
    }, wait);
    w.later(one, wait + 0.13 + airtime(data.length) + 0.13 + airtime(0));
  };
  // a transmission has ended: whether it is in the FIFO
  const take = function (data) {
    let pipe;
    if (listening() && tuned() && !lost() && rx.length < 3) {
      if (reg[2] & 2 && addresses[11] === own && reg[0x1c] & 2) pipe = 1;
      if (reg[2] & 1 && addresses[10] === own && reg[0x1c] & 1) pipe = 0;
      if (reg[2] & 1 && addresses[10] === peer) bus.complain("it acknowledges what is for the other side");
    }
    if (pipe !== undefined) {
      rx.push({ pipe: pipe, data: data });
      flag(0x40);
    }
    return pipe !== undefined;
  };
  const begin = function () {
    const data = air.shift();
    onAir = data !== undefined;
    if (!onAir) return;
    let count = 0;
    const one = function () {
      count++;
      if (!take(data) && count < 16) w.later(one, 1.5 + airtime(data.length));
      else begin();
    };
    w.later(one, 0.13 + airtime(data.length));
  };
  const write = function (address, bytes) {
    if (address === 7) {
      reg[7] &= ~(bytes[1] & 0x70);
      level();
      start();
      return;
    }
    if (enabled !== undefined && reg[0] & 2) bus.complain("register " + address + " written while CE is high");
    if (address === 10 || address === 11 || address === 16) {
      addresses[address] = E.toString(bytes.subarray(1)) + addresses[address].substr(bytes.length - 1);
      return;
    }
    if (bytes.length !== 2) bus.complain("register " + address + " has one byte");
    if (address === 0x1c && !(reg[0x1d] & 4)) bus.complain("DYNPD without FEATURE");
    reg[address] = bytes[1];
    if (address === 0) {
      powered = bytes[1] & 2 ? (powered === undefined ? w.now() : powered) : undefined;
      level();
      start();
    }
  };
  bus = makeBus(w, "nrf24", o.cs || "D4", function (bytes) {
    const back = new Uint8Array(bytes.length);
    const code = bytes[0];
    if (w.now() < awake) {
      bus.complain("used before it is awake");
      return back;
    }
    back[0] = status();
    if (code < 0x20) {
      const text = addresses[code];
      for (let i = 1; i < bytes.length; i++) {
        back[i] = text ? text.charCodeAt(i - 1) : code === 7 ? status() : code === 0x17 ? (tx.length > 2 ? 32 : 0) + (tx.length ? 0 : 16) + (rx.length > 2 ? 2 : 0) + (rx.length ? 0 : 1) : reg[code];
      }
    } else if (code < 0x40) write(code - 0x20, bytes);
    else if (code === 0x60) {
      if (bytes.length !== 2) bus.complain("R_RX_PL_WID has one byte");
      back[1] = rx.length ? rx[0].data.length : 0;
    } else if (code === 0x61) {
      const top = rx.shift();
      if (!top || top.data.length !== bytes.length - 1) bus.complain("payload of " + (top ? top.data.length : 0) + " bytes read as " + (bytes.length - 1));
      for (let i = 1; top && i < bytes.length; i++) back[i] = top.data.charCodeAt(i - 1);
    } else if (code === 0xa0) {
      if (bytes.length < 2 || bytes.length > 33) bus.complain("payload of " + (bytes.length - 1) + " bytes");
      else if (tx.length > 2) bus.complain("TX FIFO full");
      else tx.push(E.toString(bytes.subarray(1)));
      start();
    } else if (code === 0xe1 || code === 0xe2) {
      if (bytes.length !== 1) bus.complain("FLUSH has no data");
      if (code === 0xe1) {
        if (busy) bus.complain("FLUSH_TX while it sends");
        busy = undefined;
        tx = [];
      } else rx = [];
    } else if (code !== 0xff) bus.complain("no command " + code);
    return back;
  }, function (pin, value) {
    if (pin !== ce) return;
    enabled = value ? w.now() + 0.13 : undefined;
    if (value) start();
  });
  reset();
  level();
  if (o.brownout) w.later(function () {
    reset();
    level();
  }, o.brownout);
  return {
    frame: function (data) {
      if (o.onAir) {
        take(data);
        return;
      }
      air.push(data);
      if (!onAir) begin();
    },
    link: function (now) { up = now; },
  };
})

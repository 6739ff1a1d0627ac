// A Semtech SX1276 in LoRa mode, by its registers (datasheet SX1276/77/78/79, revision 7), on SPI1, and the air around it.
//
// Options: cs, dio0, rst: names of pins ("D4", "D5", "D6"). frequency (MHz, 868.1), spreading (7), bandwidth (kHz, 125),
// coding (5, for 4/5), sync (0x12): how the other side is set; without these settings neither hears the other. corrupt:
// each so many-th frame that comes has a bit error. brownout: ms from boot until the module loses its settings. trace:
// SPI transactions and frames are logged. onAir: a medium sees to airtime and collisions (sim/media/lora.ts): a frame goes
// to it when it would begin to be sent, and one that comes has just ended.
//
// Frames that come are on the air one after the other, each for its airtime, and lost unless the receiver is on all the
// time; while it sends, the module is deaf. Not modelled: FSK, RX single, CAD, frequency hopping, SNR and RSSI.

(function (w) {
  // include "radios/spi-bus.js"
  const o = w.options;
  const other = {
    frequency: o.frequency || 868.1,
    spreading: o.spreading || 7,
    bandwidth: o.bandwidth || 125,
    coding: o.coding || 5,
    sync: o.sync || 0x12,
    preamble: 8,
  };
  other.slow = (1 << other.spreading) / other.bandwidth > 16;
  const dio0 = o.dio0 || "D5";
  const rst = o.rst || "D6";
  const booted = w.now();
  let bus;
  let common;
  let page;
  let fsk;
  let fifo;
  let mode;
  let lora;
  let rxAddress;
  let awake = booted + 10;
  // the frame that is being sent, and the one that is being received
  let sending;
  let receiving;
  // since when it listens
  let listening = Infinity;
  const air = [];
  let onAir = false;
  let received = 0;

  const reset = function () {
    // 0x00 to 0x0c and 0x40 on, then the LoRa page
    common = new Uint8Array(128);
    common.set([0x00, 0x09, 0x1a, 0x0b, 0x00, 0x52, 0x6c, 0x80, 0x00, 0x4f, 0x09, 0x2b, 0x20], 0);
    common[0x42] = 0x12;
    common[0x4b] = 0x09;
    common[0x4d] = 0x84;
    page = new Uint8Array(64);
    page[0x0e] = 0x80;
    page.set([0x72, 0x70, 0x64, 0x00, 0x08, 0x01, 0xff, 0x00, 0x00, 0x04], 0x1d);
    page.set([0x20, 0x00, 0xc3], 0x2f);
    page[0x33] = 0x27;
    page[0x37] = 0x0a;
    page[0x39] = 0x12;
    fsk = new Uint8Array(64);
    fifo = new Uint8Array(256);
    mode = 1;
    lora = false;
    rxAddress = 0;
    sending = undefined;
    receiving = undefined;
  };
  const settings = function () {
    const widths = [7.8, 10.4, 15.6, 20.8, 31.25, 41.7, 62.5, 125, 250, 500];
    return {
      frequency: (common[6] * 65536 + common[7] * 256 + common[8]) * 32 / 524288,
      bandwidth: widths[page[0x1d] >> 4],
      coding: ((page[0x1d] >> 1) & 7) + 4,
      implicit: page[0x1d] & 1,
      spreading: page[0x1e] >> 4,
      crc: !!(page[0x1e] & 4),
      preamble: page[0x20] * 256 + page[0x21],
      slow: !!(page[0x26] & 8),
      sync: page[0x39],
      iq: page[0x33] & 0x40,
    };
  };
  // ms, by 4.1.1.7 of the datasheet, with header
  const airtime = function (s, length) {
    const symbol = (1 << s.spreading) / s.bandwidth;
    const bits = 8 * length - 4 * s.spreading + 28 + 16;
    const symbols = 8 + Math.max(Math.ceil(bits / (4 * (s.spreading - (s.slow ? 2 : 0)))) * s.coding, 0);
    return (s.preamble + 4.25 + symbols) * symbol;
  };
  const tuned = function (s) {
    return Math.abs(s.frequency - other.frequency) * 4000 < other.bandwidth && s.bandwidth === other.bandwidth && s.spreading === other.spreading &&
      s.sync === other.sync && s.slow === other.slow && !s.implicit && !s.iq && s.spreading > 6;
  };
  const level = function () {
    const flags = page[0x12];
    const mapping = common[0x40] >> 6;
    bus.drive(dio0, lora && flags & (mapping === 0 ? 0x40 : mapping === 1 ? 0x08 : 0x04) ? 1 : 0);
  };
  const flag = function (bits) {
    page[0x12] |= bits & ~page[0x11];
    level();
  };
  const transmit = function () {
    const length = page[0x22];
    const s = settings();
    let data = "";
    for (let i = 0; i < length; i++) data += String.fromCharCode(fifo[(page[0x0e] + i) & 255]);
    if (!length) bus.complain("nothing to send");
    const pa = common[9];
    const power = pa & 0x80 ? 2 + (pa & 15) : 10.8 + 0.6 * ((pa >> 4) & 7) - 15 + (pa & 15);
    const time = airtime(s, length);
    if (o.trace) w.log("lora " + Math.round(s.frequency * 1000) + " kHz SF" + s.spreading + " " + s.bandwidth + " kHz 4/" + s.coding + " " + power + " dBm sync " + s.sync + (s.crc ? " CRC" : "") + " " + length + " bytes " + Math.round(time * 1000) + " us");
    const heard = tuned(s) && s.crc;
    const mine = {};
    sending = mine;
    if (o.onAir && heard) w.send(data);
    w.later(function () {
      if (sending !== mine) return;
      sending = undefined;
      mode = 1;
      if (!o.onAir && heard) w.send(data);
      flag(0x08);
    }, time);
  };
  const setMode = function (value) {
    if (mode === 0) lora = !!(value & 0x80);
    if (mode !== 5 || (value & 7) !== 5) listening = w.now();
    mode = value & 7;
    receiving = undefined;
    sending = undefined;
    if (mode === 0) fifo.fill(0);
    if (!lora) {
      if (mode > 1) bus.complain("FSK mode " + mode);
    } else if (mode === 3) transmit();
    else if (mode === 5) rxAddress = page[0x0f];
    else if (mode > 1) bus.complain("mode " + mode + " is not modelled");
    level();
  };
  const read = function (address) {
    if (address === 0) {
      if (!lora || mode === 0) bus.complain("FIFO read in " + (lora ? "sleep" : "FSK mode"));
      return fifo[page[0x0d]++];
    }
    if (address === 1) return (lora ? 0x80 : 0) + (common[1] & 8) + mode;
    if (address < 0x0d || address > 0x3f) return common[address];
    if (address === 0x18 && lora) return receiving ? 0x07 : mode === 5 ? 0x14 : 0x10;
    return lora ? page[address] : fsk[address];
  };
  const write = function (address, value) {
    if (address === 0) {
      if (!lora || mode === 0) bus.complain("FIFO written in " + (lora ? "sleep" : "FSK mode"));
      fifo[page[0x0d]++] = value;
    } else if (address === 1) {
      common[1] = value;
      setMode(value);
    } else if (address < 0x0d || address > 0x3f) {
      common[address] = value;
      if (address === 0x40) level();
    } else if (!lora) fsk[address] = value;
    else if (address === 0x12) {
      page[0x12] &= ~value;
      level();
    } else if (address === 0x10 || (address > 0x12 && address < 0x1d) || address === 0x25) bus.complain("register " + address + " is read only");
    else {
      if (address > 0x1c && address < 0x23 && address !== 0x22 && mode > 1) bus.complain("modem set in mode " + mode);
      page[address] = value;
    }
  };
  // what it received is in the FIFO
  const take = function (data) {
    received++;
    const broken = o.corrupt && received % o.corrupt === 0;
    page[0x10] = rxAddress;
    page[0x13] = data.length;
    for (let i = 0; i < data.length; i++) fifo[(rxAddress + i) & 255] = data.charCodeAt(i) ^ (broken && i === 1 ? 4 : 0);
    rxAddress = (rxAddress + data.length) & 255;
    flag(broken ? 0x70 : 0x50);
  };
  // a frame has ended: it must have listened from the last five symbols of its preamble on
  const ended = function (data) {
    const s = settings();
    const symbol = (1 << s.spreading) / s.bandwidth;
    if (lora && mode === 5 && tuned(s) && listening <= w.now() - airtime(s, data.length) + (s.preamble - 5) * symbol) take(data);
  };
  const begin = function () {
    const data = air.shift();
    onAir = data !== undefined;
    if (!onAir) return;
    const mine = { data: data };
    if (lora && mode === 5 && tuned(settings())) receiving = mine;
    w.later(function () {
      if (receiving === mine) {
        receiving = undefined;
        take(data);
      }
      begin();
    }, airtime(other, data.length));
  };
  bus = makeBus(w, "sx127x", o.cs || "D4", function (bytes) {
    const back = new Uint8Array(bytes.length);
    if (w.now() < awake) {
      bus.complain("used before it is awake");
      return back;
    }
    let address = bytes[0] & 0x7f;
    for (let i = 1; i < bytes.length; i++) {
      if (bytes[0] & 0x80) write(address, bytes[i]);
      else back[i] = read(address);
      if (address) address++;
    }
    return back;
  }, function (pin, value) {
    if (pin !== rst) return;
    if (!value) reset();
    awake = value ? w.now() + 5 : Infinity;
  });
  reset();
  bus.drive(rst, 1);
  if (o.brownout) w.later(function () {
    reset();
    level();
  }, o.brownout);
  return {
    frame: function (data) {
      if (o.onAir) {
        ended(data);
        return;
      }
      air.push(data);
      if (!onAir) begin();
    },
    link: function () {},
  };
})

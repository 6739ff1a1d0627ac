// What boards with Bluetooth have in common: NRF, the connection that a central makes, the console that follows it, the
// advertisement. After Espruino 2v29: libs/bluetooth/jswrap_bluetooth.c, targets/nrf5x/bluetooth.c.
//
// BootOptions.radioOptions: mtu, the ATT MTU of the firmware's build (53 for the nRF52832, 131 for the nRF52840);
// interval, ms of a connection interval (7.5, which Espruino asks for).
// What differs from a board: a central connects when the simulator says so, without a scan, and knows the MTU at once;
// NRF has no central role.

const interval = w.options.interval || 7.5;
const error = function (code, name) {
  const text = "ERR 0x" + code.toString(16) + " (" + name + ")";
  NRF.emit("error", text);
  return new Error(text + " (:0)");
};

// ---- advertisement
const name = "Puck.js 1a2b";
let advertised;
const field = function (type, data) { return String.fromCharCode(data.length + 1, type) + data; };
const payload = function (services, options, set) {
  options = options || {};
  let data = options.flags === false ? "" : "\x02\x01\x06";
  Object.keys(services || {}).forEach(function (uuid) {
    if (services[uuid] !== undefined) {
      data += field(0x16, String.fromCharCode(uuid & 255, uuid >> 8) + E.toString(services[uuid]));
      return;
    }
    const hex = uuid.replace("-", "").replace("-", "").replace("-", "").replace("-", "");
    let bytes = "";
    for (let i = 0; i < hex.length; i += 2) bytes = String.fromCharCode(parseInt(hex.substr(i, 2), 16)) + bytes;
    data += field(hex.length > 4 ? 7 : 3, bytes);
  });
  if (set && options.manufacturer === undefined) data += field(0xff, "\x90\x05");
  if (data.length > 31) throw new Error("Advertising data too long when adding Service");
  if (options.showName !== false && data.length < 29) data += field(data.length + name.length > 29 ? 8 : 9, name.substr(0, 29 - data.length));
  return data;
};

// ---- connection
const maxMtu = w.options.mtu || 53;
let connected = false;
let mtu = 23;
const NRF = w.emitter({
  getSecurityStatus: function () {
    return connected ? { advertising: false, connectionInterval: Math.round(interval / 1.25), connected: true } : { advertising: true, connected: false };
  },
  getAdvertisingData: function (services, options) { return E.toUint8Array(payload(services, options, false)).buffer; },
  setAdvertising: function (data, options) {
    advertised = typeof data === "object" && data.byteLength === undefined && !Array.isArray(data) ? payload(data, options, true) : data;
  },
});
global.NRF = NRF;
const later = function (fn, ms) {
  const at = link;
  return w.later(function () { if (at === link) fn(); }, ms);
};
// counts connections: what was begun in one does not go on in another
let link = 0;
const connection = function (up, asked) {
  mtu = Math.min(Math.max(23, asked || 23), maxMtu);
  if (up === connected) return false;
  connected = up;
  link++;
  if (!w.terminal.forced) w.terminal.device = up ? "Bluetooth" : "Serial1";
  if (up) w.post(10, NRF, NRF.emit, ["connect", "aa:bb:cc:dd:ee:ff random"]);
  else w.post(3, NRF, NRF.emit, ["disconnect", 8]);
  return true;
};

// ESP32 and ESP8266: what buttons.js has, and the module "Wifi", which connects to every network after a second. Whether
// the network is there is the radio's link.

(function (w) {
  // include "boards/buttons.js"
  Modules.addCached("Wifi", "exports.virtual=1");
  const wifi = w.emitter(require("Wifi"));
  wifi.connect = function (name, options, done) {
    w.later(function () {
      w.post(4, wifi, function () {
        wifi.emit("connected", { ip: "10.0.0.2" });
        if (done) done(null);
      }, []);
    }, 1000);
  };
  wifi.getIP = function () { return { ip: "10.0.0.2" }; };
  wifi.save = function () {};
  // include "boards/happenings.js"
})

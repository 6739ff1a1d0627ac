// Datagrams on a board with Wi-Fi: the module "dgram" as libs/network of Espruino 2v29 has it.
//
// Options: host, port: the gateway's ("10.0.0.1", 42424); what goes elsewhere is lost. broken: the so many-th send fails
// in the network, and ends the socket. The link is the Wi-Fi: while it is away, send throws; sockets that were there then
// are dead afterwards, and nobody tells. Of a datagram that comes, 528 bytes are there; an empty one ends the socket.

(function (w) {
  const host = w.options.host || "10.0.0.1";
  const port = w.options.port || 42424;
  let up = false;
  let sockets = [];
  let sends = 0;
  const tell = function (socket, event, one, two) {
    w.post(0, socket, function () { socket.emit(event, one, two); }, []);
  };
  const end = function (socket, error) {
    socket.dead = true;
    sockets = sockets.filter(function (s) { return s !== socket; });
    if (error) tell(socket, "error", { code: -10, message: "unknown error" });
    tell(socket, "close", !!error);
  };
  const check = function (socket) {
    if (!up) throw new Error("Not connected to the internet");
    if (socket.dead) throw new Error("This socket is closed");
    if (!socket.open) sockets.push(socket);
    socket.open = true;
  };
  Modules.addCached("dgram", "exports.virtual=1");
  require("dgram").createSocket = function () {
    const socket = w.emitter({ open: false, dead: false });
    socket.send = function () {
      // what is not a string becomes one
      let data = "" + arguments[0];
      const long = arguments.length > 3;
      if (long) data = data.substr(arguments[1], arguments[2]);
      check(socket);
      sends++;
      if (sends === w.options.broken) end(socket, true);
      else if (arguments[long ? 3 : 1] === port && arguments[long ? 4 : 2] === host) w.send(data);
    };
    socket.bind = function (local, fn) {
      check(socket);
      if (fn) w.post(0, socket, fn, [socket]);
      return socket;
    };
    socket.close = function () {
      check(socket);
      end(socket);
    };
    return socket;
  };
  return {
    frame: function (data) {
      const socket = sockets[sockets.length - 1];
      if (!socket) return;
      if (data.length) tell(socket, "message", data.substr(0, 528), { address: host, port: port, size: data.length });
      else end(socket, true);
    },
    link: function (now) {
      up = now;
      if (up) return;
      sockets.forEach(function (socket) { socket.dead = true; });
      sockets = [];
    },
  };
})

// A connection on a board with Wi-Fi: the module "net" as libs/network of Espruino 2v29 has it.
//
// Options: host, port: the gateway's ("10.0.0.1", 42424). refused: so many connections are refused at first. segment:
// bytes that go and come at once (536). The link is the Wi-Fi: while it is away, connect and write throw; sockets that
// were there then are dead afterwards, and nobody tells. To give the link while it is there: the gateway ends the connections.
// onAir: segments go at once, one after the other; the medium has the network's time.

(function (w) {
  const host = w.options.host || "10.0.0.1";
  const port = w.options.port || 42424;
  const segment = w.options.segment || 536;
  const pause = w.options.onAir ? 0 : 2;
  let refused = w.options.refused || 0;
  let up = false;
  let sockets = [];
  // the connection that the gateway has
  let current;
  const tell = function (socket, event, data) {
    w.post(0, socket, function () { socket.emit(event, data); }, []);
  };
  const end = function (socket, error) {
    if (socket.dead) return;
    socket.dead = true;
    sockets = sockets.filter(function (s) { return s !== socket; });
    if (socket === current) current = undefined;
    if (error) tell(socket, "error", { code: -9, message: "connection reset (or refused)" });
    tell(socket, "end");
    tell(socket, "close", !!error);
  };
  const online = function () {
    if (!up) throw new Error("Not connected to the internet");
  };
  Modules.addCached("net", "exports.virtual=1");
  require("net").connect = function (options, fn) {
    online();
    const socket = w.emitter({ dead: false });
    sockets.push(socket);
    let waiting = "";
    let timer;
    const flush = function () {
      timer = undefined;
      if (socket !== current || !waiting.length) return;
      w.send(waiting.substr(0, segment));
      waiting = waiting.substr(segment);
      if (waiting.length) timer = w.later(flush, pause);
      else tell(socket, "drain");
    };
    socket.write = function (data) {
      online();
      if (socket.dead) throw new Error("This socket is closed");
      // what is not a string becomes one
      waiting += data;
      if (timer === undefined) timer = w.later(flush, pause);
      return false;
    };
    w.later(function () {
      if (socket.dead) return;
      if (refused > 0 || options.host !== host || options.port !== port) {
        refused--;
        end(socket, true);
        return;
      }
      current = socket;
      if (fn) w.post(0, socket, fn, [socket]);
      if (waiting.length) flush();
      else tell(socket, "drain");
    }, 5);
    return socket;
  };
  return {
    frame: function (data) {
      for (let i = 0; current && i < data.length; i += segment) tell(current, "data", data.substr(i, segment));
    },
    link: function (now) {
      up = now;
      if (current && up) end(current);
      if (up) return;
      sockets.forEach(function (socket) { socket.dead = true; });
      sockets = [];
      current = undefined;
    },
  };
})

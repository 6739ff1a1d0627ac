// A reading every four seconds, once the gateway is there; and what happens.
export const readings = (mote) => {
  let sent = 0;
  let timer;
  mote.on("up", () => {
    print("linked");
    if (!timer) timer = setInterval(() => {
      sent++;
      mote.send({ sent: sent, temperature: E.getTemperature() });
    }, 4000);
  });
  mote.on("down", () => print("down"));
  mote.on("message", (_, content) => print("gateway says", E.toString(content)));
};

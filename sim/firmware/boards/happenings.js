// Has what happens to the board happen at its times. Part of every board, after what it adds to `happen`.

// one timer at a time: the firmware's memory must stay the same, or it would be taken for the program's
const list = w.happens.slice().sort(function (a, b) { return a.at - b.at; });
let next = 0;
let since = 0;
const wait = function () {
  if (next === list.length) return;
  const h = list[next];
  w.later(function () {
    since = h.at;
    next++;
    Object.keys(h).forEach(function (what) {
      if (happen[what]) happen[what](h);
    });
    wait();
  }, h.at - since);
};
wait();

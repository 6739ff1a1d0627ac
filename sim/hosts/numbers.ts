// Numbers as text, the way Espruino writes them (ftoa_bounded_extra in src/jsutils.c of 2v29).

const close = 0.0000001;

// A cast to a 32-bit integer; NaN where C leaves the result open, which makes the comparison below fail.
const cast = (x: number): number => (x >= 2147483647 || x <= -2147483648 ? NaN : Math.trunc(x));

/** Text of a number as Espruino's JSON.stringify and string conversion give it: 0.1 + 0.2 is "0.3". */
export function espruinoNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-Infinity" : "Infinity";
  if (Math.trunc(value) === value && Math.abs(value) < 4294967296) return String(value === 0 ? 0 : value);
  let text = value < 0 ? "-" : "";
  let v = Math.abs(value);
  let exponent = 0;
  if (v >= 1e21) {
    while (v > 100000) {
      v /= 100000;
      exponent += 5;
    }
    while (v > 10) {
      v /= 10;
      exponent++;
    }
  } else if (v < 1e-6) {
    while (v < 1e-5) {
      v *= 100000;
      exponent -= 5;
    }
    while (v < 1) {
      v *= 10;
      exponent--;
    }
  }
  if (cast(v + close) === 1 + cast(v)) v = 1 + cast(v);
  let d = 1;
  while (d * 10 <= v) d *= 10;
  while (d >= 1) {
    const digit = Math.trunc(v / d);
    v -= digit * d;
    text += digit.toString(36);
    d /= 10;
  }
  if (v > 0) {
    v *= 10;
    for (let count = 0; count < 11 && v > close; count++) {
      const digit = Math.trunc(v + 0.00000001);
      v = (v - digit) * 10;
      text += (count === 0 ? "." : "") + Math.min(digit, 9);
    }
  }
  if (exponent !== 0) text += `e${exponent > 0 ? "+" : ""}${exponent}`;
  return text;
}

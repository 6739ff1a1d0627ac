// Numbers as they are shown.

export const count = (value: number): string => value.toLocaleString("en");

/** Three digits that count. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return count(Math.round(value));
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return String(Number(value.toFixed(1)));
  if (size >= 1) return String(Number(value.toFixed(2)));
  return String(Number(value.toPrecision(2)));
}

export const percent = (share: number): string => {
  const value = share * 100;
  // never 100 % where something is missing
  if (share < 1 && value > 99.9) return `${(Math.floor(value * 1000) / 1000).toFixed(3)} %`;
  return `${short(value)} %`;
};

/** A length of time given in ms. */
export function span(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1) return `${Math.round(ms * 1000)} µs`;
  if (size < 1000) return `${short(ms)} ms`;
  if (size < 120_000) return `${short(ms / 1000)} s`;
  if (size < 7_200_000) return `${short(ms / 60_000)} min`;
  return `${short(ms / 3_600_000)} h`;
}

/** A moment given in ms, with so many decimals of a second: "12.345", "1:02:03.456". */
export function moment(ms: number, decimals = 3): string {
  const unit = 10 ** decimals;
  const all = Math.round((ms / 1000) * unit);
  const seconds = all / unit;
  const minutes = Math.floor(seconds / 60);
  if (!minutes) return seconds.toFixed(decimals);
  const rest = ((all - minutes * 60 * unit) / unit).toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0");
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Moments at round steps: as many decimals as the step needs. */
export const momentAt = (ms: number, step: number): string =>
  moment(ms, step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : step >= 1 ? 3 : 6);

/** "0011 2233": hex in groups of 4 bytes. */
export const hexText = (hex: string): string => hex.replace(/(.{8})(?=.)/g, "$1 ");

export const bytes = (n: number): string => `${count(n)} ${n === 1 ? "byte" : "bytes"}`;

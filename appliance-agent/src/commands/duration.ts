const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
] as const;

/** A duration as a person reads it: `0.4 s`, `12 s`, `3 min`, `2 h`, `5 d`. */
export function formatSeconds(seconds: number): string {
  const unit = UNITS.find(([, length]) => seconds >= length);
  if (unit) return `${Math.floor(seconds / unit[1])} ${unit[0]}`;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds)} s`;
}

/**
 * What a kernel parameter should be: a value, or a number that it must not be below. Of a limit the kernel takes 0 for
 * none, and so 0 is below no number.
 */
export type DesiredSysctl = string | LeastValue;

/** A larger value is somebody's own choice and is left alone. */
export interface LeastValue {
  readonly atLeast: number;
}

/**
 * What has to be written so that a kernel parameter is as desired.
 *
 * @param was its value now
 * @returns undefined when it is as desired
 */
export function sysctlToWrite(desired: DesiredSysctl, was: string): string | undefined {
  if (typeof desired === "string") return was === desired ? undefined : desired;
  return isAtLeast(was, desired.atLeast) ? undefined : String(desired.atLeast);
}

/** Whether the value of a limit is `least` or more, or none is set. */
export function isAtLeast(value: string, least: number): boolean {
  return Number(value) === 0 || Number(value) >= least;
}

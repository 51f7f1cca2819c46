import { cpus } from "node:os";

/** The processors of a measurement: what is measured has one of its own. */
export const CORES = { generator: 0, dataPath: 1 } as const;

/** Higher than any other program's, so that a machine that does something else too is measured all the same. */
export const NICENESS = "-15";

/** Puts a program on one processor. @returns program and arguments */
export const onCore = (core: number, command: readonly string[]): string[] => [
  ...["taskset", "-c", String(core), "nice", "-n", NICENESS],
  ...command,
];

/** @throws Error on a machine with one processor */
export function requireTwoCores(): void {
  if (cpus().length < 2)
    throw new Error(`bench: one processor for the generator and one for the data path, got ${cpus().length}; use two`);
}

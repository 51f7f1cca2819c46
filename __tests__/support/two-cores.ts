import { cpus } from "node:os";

/** The benchmark's data path is on a core of its own. */
export function testOnTwoCores(name: string, body: () => Promise<void>): void {
  if (cpus().length > 1 && process.platform === "linux") test(name, body);
  else test.skip(`${name} (skipped: needs Linux and two cores)`, body);
}

import { readFileSync, readdirSync } from "node:fs";

/**
 * Processor time of processes and kernel threads so far.
 *
 * @param pids one that has ended counts nothing
 * @returns nanoseconds, all threads together
 * @see https://docs.kernel.org/scheduler/sched-stats.html (the first of the three numbers)
 */
export function processorNanoseconds(pids: readonly number[]): number {
  return pids.flatMap(threadsOf).reduce((sum, thread) => sum + runTime(thread), 0);
}

/** The thread of the kernel or process whose name begins so. @throws Error when there is not exactly one */
export function threadNamed(prefix: string): number {
  const found = readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && nameOf(pid).startsWith(prefix));
  const [pid] = found;
  if (pid === undefined || found.length > 1)
    throw new Error(`threads: exactly one named ${prefix}..., got ${found.length}; another benchmark runs`);
  return pid;
}

const threadsOf = (pid: number): string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
  } catch {
    return [];
  }
};

const runTime = (thread: string): number => {
  try {
    return Number(readFileSync(`${thread}/schedstat`, "utf8").split(" ")[0]);
  } catch {
    return 0;
  }
};

const nameOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8");
  } catch {
    return "";
  }
};

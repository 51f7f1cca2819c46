import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAME = "offline-plan-";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `work` with a directory of its own and removes the directory, whatever happens: on a signal the work is aborted,
 * the directory removed, and the signal sent on. What a killed run (SIGKILL) left is removed by the next one.
 *
 * @param work gets the directory and a signal on which it must end its child processes
 */
export async function withScratchDirectory<T>(
  work: (directory: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  removeAbandoned();
  const directory = mkdtempSync(join(tmpdir(), `${NAME}${process.pid}-`));
  const aborted = new AbortController();
  let received: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    received = signal;
    aborted.abort();
  };
  SIGNALS.forEach((it) => process.on(it, onSignal));
  try {
    return await work(directory, aborted.signal);
  } finally {
    SIGNALS.forEach((it) => process.off(it, onSignal));
    rmSync(directory, { recursive: true, force: true });
    if (received) process.kill(process.pid, received);
  }
}

function removeAbandoned(): void {
  for (const entry of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${NAME}(\\d+)-`).exec(entry)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(tmpdir(), entry), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

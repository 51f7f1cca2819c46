import { setTimeout as wait } from "node:timers/promises";
import type { Running } from "./contestant";

const SETTLE_SECONDS = 0.3;

/** Stops its process on the data path's processor: AWS's tunnel handler looks through its flows even when nothing comes. */
export function standStill({ process: pid }: Running): void {
  if (pid !== undefined) process.kill(pid, "SIGSTOP");
}

/** Its process goes on, alone; what it has put off while it was stopped it does before `body` begins. */
export async function inTurn(running: Running, body: () => Promise<void>): Promise<void> {
  if (running.process !== undefined) {
    process.kill(running.process, "SIGCONT");
    await wait(SETTLE_SECONDS * 1000);
  }
  await body();
  standStill(running);
}

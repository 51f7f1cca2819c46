import { existsSync, writeFileSync } from "node:fs";
import { NICENESS } from "./cores";

/** Where the kernel groups processes by session, niceness counts inside the group only, and the group has one of its own: sched(7). */
const GROUP = "/proc/self/autogroup";

/** Runs `body` with this session preferred to the machine's other work. */
export async function withPriority<T>(body: () => Promise<T>): Promise<T> {
  if (!existsSync(GROUP)) return body();
  writeFileSync(GROUP, NICENESS);
  try {
    return await body();
  } finally {
    writeFileSync(GROUP, "0");
  }
}

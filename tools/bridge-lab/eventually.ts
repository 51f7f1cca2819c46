import { setTimeout as pause } from "node:timers/promises";

/** Asks again until the answer satisfies, and fails with the last one after the deadline. */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  satisfies: (answer: T) => boolean,
  deadlineMs = 8000,
): Promise<T> {
  const started = performance.now();
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (performance.now() - started > deadlineMs)
      throw new Error(`not within ${deadlineMs} ms; last seen: ${JSON.stringify(answer)}`);
    await pause(20);
  }
}

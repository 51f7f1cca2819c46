import { listenToSignals } from "../../../appliance-agent/src/agent/signals";

test("SIGHUP reloads; SIGTERM drains, then stops; the listeners that could kill a shell's child are gone", async () => {
  const seen: string[] = [];
  const before = process.listenerCount("SIGTERM");
  const stop = listenToSignals({
    reload: async () => void seen.push("reload"),
    drain: () => void seen.push("drain"),
    drainMs: 50,
  });
  process.emit("SIGHUP");
  process.emit("SIGTERM");
  expect([seen, stop.aborted]).toEqual([["reload", "drain"], false]);
  await new Promise<void>((stopped) => stop.addEventListener("abort", () => stopped()));
  expect(process.listenerCount("SIGTERM")).toBe(before);
  process.removeAllListeners("SIGHUP");
});

test.each<[string, NodeJS.Signals[], number]>([
  ["SIGINT", ["SIGINT"], 5000],
  ["a second SIGTERM", ["SIGTERM", "SIGTERM"], 5000],
  ["SIGTERM without time to drain", ["SIGTERM"], 0],
])("%s stops at once", (_, signals, drainMs) => {
  const stop = listenToSignals({ reload: async () => undefined, drain: () => undefined, drainMs });
  for (const signal of signals) process.emit(signal);
  expect(stop.aborted).toBe(true);
  process.removeAllListeners("SIGHUP");
});

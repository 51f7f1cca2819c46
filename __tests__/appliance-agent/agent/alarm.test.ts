import { Alarm } from "../../../appliance-agent/src/agent/alarm";

async function slept(alarm: Alarm, longestMs: number): Promise<number> {
  const started = performance.now();
  await alarm.sleep(longestMs);
  return performance.now() - started;
}

test("sleeps as long as it may when nobody rings", async () => {
  expect(await slept(new Alarm(), 100)).toBeGreaterThanOrEqual(99);
});

test("wakes when somebody rings, also when that was before it slept", async () => {
  const alarm = new Alarm();
  setTimeout(() => alarm.ring(), 20);
  expect(await slept(alarm, 5000)).toBeLessThan(2000);
  alarm.ring();
  expect(await slept(alarm, 5000)).toBeLessThan(2000);
  expect(await slept(alarm, 50)).toBeGreaterThanOrEqual(49);
});

test("wakes at each time that was set", async () => {
  const alarm = new Alarm();
  alarm.ringAfter([30, 60]);
  expect(await slept(alarm, 5000)).toBeLessThan(2000);
  expect(await slept(alarm, 5000)).toBeLessThan(2000);
  expect(await slept(alarm, 80)).toBeGreaterThanOrEqual(79);
});

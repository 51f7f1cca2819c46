import { cached } from "../../../appliance-agent/src/agent/cached";

test("makes a value once in its time, however often it is asked for", () => {
  let now = 0;
  let made = 0;
  const value = cached(
    1000,
    () => ++made,
    () => now,
  );
  expect([value(), value()]).toEqual([1, 1]);
  now = 999;
  expect(value()).toBe(1);
  now = 1000;
  expect(value()).toBe(2);
});

import { parseWholeNumber, wholeNumber } from "../../../tools/setup/whole-number";

test.each([
  ["5", 5],
  ["10000000", 10_000_000],
  [undefined, 15],
])("%s is %d", (text, number) => {
  expect(wholeNumber("bench:rules ROUNDS", text, 15)).toBe(number);
});

test.each(["0", "-1", "1.5", "1e3", "", "--help", "five", "9".repeat(16)])("'%s' is refused", (text) => {
  expect(() => wholeNumber("bench:rules ROUNDS", text, 15)).toThrow(
    `bench:rules ROUNDS: must be a whole number of 1 or more, got '${text}'; leave it out for 15`,
  );
});

test("one of several says what counts without it", () => {
  expect(parseWholeNumber("bench --flows", "1000", "1, 1000")).toBe(1000);
  expect(() => parseWholeNumber("bench --flows", "1.5", "1, 1000")).toThrow(
    "bench --flows: must be a whole number of 1 or more, got '1.5'; leave it out for 1, 1000",
  );
});

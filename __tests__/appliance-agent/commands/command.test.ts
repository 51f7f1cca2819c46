import { CommandArguments } from "../../../appliance-agent/src/commands/command";

const command = {
  positionals: ["<file>"],
  options: {
    json: { description: "JSON" },
    limit: { value: "<number>", description: "most", default: "10" },
    endpoint: { value: "<hex>", description: "one" },
  },
};
const given = (...argv: string[]) => new CommandArguments("flows", command, argv);

test("reads flags, values, defaults and positionals in any order", () => {
  const read = given("--limit", "3", "a.json", "--json");
  expect([read.has("json"), read.integer("limit", 1, 5), read.optional("endpoint"), read.positionals]).toEqual([
    true,
    3,
    undefined,
    ["a.json"],
  ]);
  expect([given().has("json"), given().text("limit")]).toEqual([false, "10"]);
});

test.each<[string, () => unknown, string]>([
  ["an unknown flag", () => given("--jsno"), "flows: unknown option '--jsno'"],
  ["a value too many", () => given("--json=yes"), "flows: option '--json' does not take an argument"],
  ["a value too few", () => given("--limit"), "flows: option '--limit <value>' argument missing"],
  ["a positional too many", () => given("a", "b"), "flows: takes 1 arguments, got 2: a b"],
  ["a flag without default", () => given().text("endpoint"), "flows: needs --endpoint, got none"],
  [
    "a number that is none",
    () => given("--limit", "1e3").integer("limit", 1, 9),
    "flows: --limit must be a whole number from 1 to 9, got '1e3'",
  ],
  [
    "a number out of range",
    () => given("--limit", "70000").integer("limit", 1, 9),
    "flows: --limit must be a whole number from 1 to 9, got '70000'",
  ],
])("fails on %s, with usage as exit code", (_, act, message) => {
  expect(act).toThrow(
    expect.objectContaining({ code: 2, message: `${message}; see 'gwlb-agent flows --help'` }) as Error,
  );
});

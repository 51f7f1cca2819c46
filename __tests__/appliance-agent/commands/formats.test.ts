import { formatSeconds } from "../../../appliance-agent/src/commands/duration";
import { formatJson } from "../../../appliance-agent/src/commands/json";
import { formatMatch } from "../../../appliance-agent/src/commands/rules";
import { formatTable } from "../../../appliance-agent/src/commands/table";
import { processTerminal } from "../../../appliance-agent/src/commands/terminal";

test("lines a table up, numbers to the right, without trailing blanks", () => {
  expect(
    formatTable(
      [{ title: "rule" }, { title: "hits", align: "right" }, { title: "match" }],
      [
        ["drop-http", "1", "x"],
        ["a", "1000", ""],
      ],
    ),
  ).toBe(["RULE       HITS  MATCH", "drop-http     1  x", "a          1000"].join("\n"));
});

test.each([
  [0.44, "0.4 s"],
  [12.9, "12 s"],
  [60, "1 min"],
  [3599, "59 min"],
  [7200, "2 h"],
  [200_000, "2 d"],
])("%d seconds read as %s", (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

test("JSON keeps counters exact, maps as objects and bytes as hex", () => {
  const value = { small: 5n, large: 2n ** 64n - 1n, rules: new Map([["a", 1n]]), geneve: Uint8Array.of(0, 255) };
  expect(JSON.parse(formatJson(value))).toEqual({
    small: 5,
    large: "18446744073709551615",
    rules: { a: 1 },
    geneve: "00ff",
  });
});

test("a rule's conditions fit in a line", () => {
  expect(
    formatMatch({ protocol: "tcp", source: ["10.0.0.0/8", "fd00::/8"], destinationPorts: [80, [8000, 8080]] }),
  ).toBe("protocol tcp, source 10.0.0.0/8|fd00::/8, destinationPorts 80|8000-8080");
  expect(formatMatch({})).toBe("every packet");
});

test("paints nothing where nobody looks", () => {
  expect(process.stdout.isTTY && !process.env.NO_COLOR ? "text" : processTerminal().paint("red", "text")).toBe("text");
  expect(processTerminal({ NO_COLOR: "1" }).paint("red", "text")).toBe("text");
});

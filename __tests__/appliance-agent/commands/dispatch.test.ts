import { Command } from "../../../appliance-agent/src/commands/command";
import { dispatch } from "../../../appliance-agent/src/commands/dispatch";
import { CommandError, EXIT } from "../../../appliance-agent/src/commands/exit-code";
import { CommandEntry } from "../../../appliance-agent/src/commands/help";
import { recordingTerminal } from "./recording-terminal";

const command = (run: Command["run"]): Command => ({
  positionals: ["<file>"],
  description: "Looks.",
  examples: [["gwlb-agent look a.json", "to see"]],
  options: { json: { description: "print JSON" }, limit: { value: "<number>", description: "most", default: "10" } },
  capabilities: [],
  run,
});
const entries = (run: Command["run"]): CommandEntry[] => [
  { name: "look", summary: "look at a file", load: async () => command(run) },
];

test("runs the command that is named, with its arguments", async () => {
  const terminal = recordingTerminal();
  const look = entries(async (given, { out }) => {
    out(`${given.positionals.join()} ${given.text("limit")}`);
    return EXIT.ok;
  });
  expect(await dispatch(look, ["look", "a.json", "--limit", "3"], terminal)).toBe(0);
  expect(terminal.printed).toEqual(["a.json 3"]);
});

test.each<[string, Error, number]>([
  ["a command's own end", new CommandError(EXIT.notRunning, "look: nothing there"), 3],
  ["any other error", new Error("look: the kernel said no"), 1],
])("turns %s into its message and exit code", async (_, error, code) => {
  const terminal = recordingTerminal();
  expect(
    await dispatch(
      entries(() => Promise.reject(error)),
      ["look"],
      terminal,
    ),
  ).toBe(code);
  expect(terminal.complained).toEqual([`<red:${error.message}>`]);
});

test("explains itself without arguments, and that is wrong usage", async () => {
  const terminal = recordingTerminal();
  expect(
    await dispatch(
      entries(async () => EXIT.ok),
      [],
      terminal,
    ),
  ).toBe(2);
  expect(terminal.printed[0]).toContain("  look  look at a file");
  expect(terminal.printed[0]).toContain("  3  not running, or no data path attached");
});

test("shows options with their defaults, and an example", async () => {
  const terminal = recordingTerminal();
  expect(
    await dispatch(
      entries(async () => EXIT.failed),
      ["look", "--help"],
      terminal,
    ),
  ).toBe(0);
  expect(terminal.printed[0]?.split("\n")).toEqual([
    "usage: gwlb-agent look [options] <file>",
    "",
    "Looks.",
    "",
    "options",
    "  --json            print JSON",
    "  --limit <number>  most (default 10)",
    "",
    "example",
    "  gwlb-agent look a.json",
    "      to see",
  ]);
});

test("prints the version of the package", async () => {
  const terminal = recordingTerminal();
  await dispatch([], ["--version"], terminal);
  expect(terminal.printed[0]).toMatch(/^\d+\.\d+\.\d+$/);
});

test("fails on an unknown command with those there are", async () => {
  const terminal = recordingTerminal();
  expect(
    await dispatch(
      entries(async () => EXIT.ok),
      ["lok"],
      terminal,
    ),
  ).toBe(2);
  expect(terminal.complained).toEqual(["gwlb-agent: unknown command, got 'lok'; use one of look"]);
});

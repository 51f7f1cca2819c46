import { runProgram } from "../../../appliance-agent/src/host/run-program";

test("gives a program its input and returns what it prints", async () => {
  await expect(runProgram(["cat"], { input: "a\nb" })).resolves.toBe("a\nb");
});

test("passes arguments without a shell, in the C locale", async () => {
  await expect(runProgram(["printf", "%s", "$HOME;id"])).resolves.toBe("$HOME;id");
  await expect(runProgram(["sh", "-c", "printf $LC_ALL"])).resolves.toBe("C");
});

test.each<[string, () => Promise<string>, string]>([
  [
    "a program that fails",
    () => runProgram(["sh", "-c", "echo no >&2; exit 3"]),
    "sh -c echo no >&2; exit 3: exit 3, got 'no'",
  ],
  ["one that is not there", () => runProgram(["/nonexistent", "a"]), "/nonexistent a: not installed, got ''"],
  [
    "one that does not end",
    () => runProgram(["sleep", "9"], { timeoutMs: 100 }),
    "sleep 9: did not end in time, got ''",
  ],
  ["one that does not read", () => runProgram(["false"], { input: "x".repeat(1_000_000) }), "false: exit 1, got ''"],
])("fails on %s with what it said", async (_, act, message) => {
  await expect(act()).rejects.toThrow(message);
});

import { HELP, UsageError, commandLine } from "../../../tools/offline-plan/command-line";

test("a target and Terraform's own options", () => {
  const words = ["dir", "-var", "a=1", "-var=b=2=3", "-var-file", "x.tfvars", "--json", "--assume=facts.json"];
  expect(commandLine(words)).toEqual({
    target: "dir",
    json: true,
    variables: ["a=1", "b=2=3"],
    variableFiles: ["x.tfvars"],
    assume: "facts.json",
  });
});

test("help has an example, every option and every exit code", () => {
  expect(commandLine(["--help"])).toBe("help");
  for (const text of [
    "npm run plan -- pass-through",
    "--json",
    "-var ",
    "-var-file",
    "--assume",
    "--terraform",
    "Exit code: 0",
  ])
    expect(HELP).toContain(text);
});

test.each([
  [[], "nothing to plan; name a stack, a directory or a cdk.tf.json, or see --help"],
  [["a", "b"], "b: a second target; plan one at a time"],
  [["a", "--jsno"], "--jsno: no such option; see --help"],
  [["a", "-var"], "-var: needs a value; see --help"],
  [["a", "-var", "novalue"], "-var: expected NAME=VALUE, got novalue; write -var 'name=value'"],
])("fails on %j", (words, message) => {
  expect(() => commandLine(words)).toThrow(new UsageError(message));
});

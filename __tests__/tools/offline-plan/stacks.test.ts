import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { offlineApply } from "../../../tools/offline-plan/offline-plan";
import { isStackName, synthesizedStack } from "../../../tools/offline-plan/stack-target";

jest.setTimeout(300_000);

const into = mkdtempSync(join(tmpdir(), "stacks-"));
const never = new AbortController().signal;
afterAll(() => {
  rmSync(into, { recursive: true });
});

test("every stack is applied, planned again without a change, and destroyed", async () => {
  await synthesizedStack("pass-through", into, never);
  const stacks = readdirSync(join(into, "stacks"));
  expect(stacks).toEqual(expect.arrayContaining(["pass-through", "squid-bastion", "tc-filter"]));
  for (const stack of stacks) {
    const { state, changedBySecondPlan, stateAfterDestroy } = await offlineApply(join(into, "stacks", stack));
    expect(JSON.stringify(state)).toContain('"aws_vpc_endpoint"');
    expect({ stack, changedBySecondPlan }).toEqual({ stack, changedBySecondPlan: [] });
    expect(stateAfterDestroy["values"]).toBeUndefined();
  }
});

test("fails on a stack that is not there, and names those that are", async () => {
  await expect(synthesizedStack("pass-trough", into, never)).rejects.toThrow(
    /^pass-trough: neither a directory nor a stack of this repository; its stacks are .*pass-through/,
  );
});

test.each([
  ["pass-through", true],
  ["./pass-through", false],
  ["tools", false],
  ["cdk.tf.json", false],
])("'%s' is a stack's name: %s", (target, expected) => {
  expect(isStackName(target)).toBe(expected);
});

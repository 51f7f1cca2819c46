import { spawnSync } from "node:child_process";

/**
 * A `describe` whose tests need programs of the machine. Where one is missing it is skipped with the reason in its name,
 * and in CI (`CI=true` or `REQUIRE_TOOLS=1`) it fails instead.
 *
 * @param needs a command that succeeds where the program is there
 */
export function describeWithTool(
  tool: string,
  needs: readonly [string, ...string[]],
  name: string,
  body: () => void,
): void {
  const [program, ...parameters] = needs;
  const missing = spawnSync(program, parameters, { stdio: "ignore" }).status !== 0;
  if (!missing) {
    describe(name, body);
  } else if (process.env.CI === "true" || process.env.REQUIRE_TOOLS === "1") {
    test(name, () => {
      throw new Error(`${name}: no ${tool}, got no success from "${needs.join(" ")}"; install it`);
    });
  } else {
    describe.skip(`${name} (skipped: no ${tool} on this machine)`, body);
  }
}

/** Runs a program to its end. @returns what it printed. @throws Error with what it complained about */
export function run(program: string, parameters: readonly string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync(program, parameters, { input, encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${program} ${parameters.join(" ")}: exit ${String(status)}\n${stderr}`);
  return stdout;
}

import { spawnSync } from "node:child_process";

/**
 * Runs a program of this machine without a shell.
 *
 * @returns what it printed
 * @throws Error that names a program that is not installed, or says how it failed
 */
export function run(
  program: string,
  parameters: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly argv0?: string } = {},
): Buffer {
  const { status, stdout, stderr, error } = spawnSync(program, parameters, { ...options, maxBuffer: 1 << 30 });
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT")
    throw new Error(`kernels: needs '${program}', got no such program; install it`);
  if (status === 0) return stdout;
  const said = (stderr?.toString() || stdout?.toString() || String(error)).trim();
  throw new Error(`${program} ${parameters.join(" ")}: exit ${String(status)}, got '${said}'`);
}

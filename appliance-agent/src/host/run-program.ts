import { execFile } from "node:child_process";

/** For a program that changes the host; none of ours takes more than a second. */
const TIMEOUT_MS = 20_000;

/** Most bytes of output: `iptables-save` of 10,000 rules is 1 MB. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** How a program is run. */
export interface RunProgramOptions {
  /** Given on standard input. @default - nothing */
  readonly input?: string;
  /** @default 20000 */
  readonly timeoutMs?: number;
}

/**
 * Runs a program without a shell.
 *
 * @param argv program and arguments
 * @returns its standard output
 * @throws Error with its exit code and what it wrote to standard error
 */
export function runProgram(argv: readonly [string, ...string[]], options: RunProgramOptions = {}): Promise<string> {
  const [program, ...rest] = argv;
  return new Promise((done, fail) => {
    const child = execFile(
      program,
      rest,
      { timeout: options.timeoutMs ?? TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, env: { ...process.env, LC_ALL: "C" } },
      (error, stdout, stderr) => {
        if (!error) return done(stdout);
        const { code } = error as NodeJS.ErrnoException;
        const why =
          code === ("ENOENT" as unknown) ? "not installed" : error.killed ? "did not end in time" : `exit ${code}`;
        fail(new Error(`${argv.join(" ")}: ${why}, got '${(stderr || stdout).trim()}'`, { cause: error }));
      },
    );
    child.stdin?.on("error", () => undefined /* It ended without reading: its exit code says why. */);
    child.stdin?.end(options.input ?? "");
  });
}

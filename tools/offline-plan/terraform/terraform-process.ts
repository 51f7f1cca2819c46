import { spawn } from "node:child_process";

/** What a finished Terraform process left. */
export interface TerraformResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The Terraform executable, run in one directory with one environment. */
export class TerraformProcess {
  constructor(
    private readonly executable: string,
    private readonly directory: string,
    private readonly environment: () => NodeJS.ProcessEnv,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Runs one command to its end.
   *
   * @throws Error with `code` `ENOENT` when there is no such executable, `ABORT_ERR` when the run was aborted; the
   * process has ended by then
   */
  run(...args: string[]): Promise<TerraformResult> {
    return new Promise((done, failed) => {
      const child = spawn(this.executable, args, {
        cwd: this.directory,
        env: this.environment(),
        stdio: ["ignore", "pipe", "pipe"],
      });
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      // Nothing that Terraform does here is worth an orderly end: it holds no lock but that of the copy.
      const abort = () => child.kill("SIGKILL");
      this.signal.addEventListener("abort", abort, { once: true });
      if (this.signal.aborted) abort();
      child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
      child.on("error", failed);
      child.on("close", (code) => {
        this.signal.removeEventListener("abort", abort);
        if (this.signal.aborted) failed(Object.assign(new Error("interrupted"), { code: "ABORT_ERR" }));
        else
          done({
            exitCode: code ?? 1,
            stdout: Buffer.concat(stdout).toString("utf8"),
            stderr: Buffer.concat(stderr).toString("utf8"),
          });
      });
    });
  }
}

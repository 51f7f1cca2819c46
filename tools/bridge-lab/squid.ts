import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { squidConf, type SquidConfInput } from "../../appliance-agent/src/proxy-bridge/squid-conf";
import { eventually } from "./eventually";

/** A real Squid with the real squid.conf, in the foreground. */
export class Squid {
  readonly configurationFile: string;
  private readonly logs: string;
  private process: ChildProcess | undefined;

  constructor(
    directory: string,
    private readonly input: SquidConfInput & { readonly listDirectory: string },
  ) {
    this.configurationFile = join(directory, "squid.conf");
    this.logs = join(directory, "squid-logs");
    mkdirSync(this.logs);
    const owner = (flag: string) => Number(execFileSync("id", [flag, "proxy"], { encoding: "utf8" }));
    chownSync(this.logs, owner("-u"), owner("-g"));
    writeFileSync(
      this.configurationFile,
      squidConf({ ...input, logDirectory: this.logs, pidFile: join(directory, "squid.pid") }),
    );
  }

  /** Starts it and waits until its port answers. */
  async start(): Promise<void> {
    this.process = spawn("squid", ["-N", "-f", this.configurationFile], { stdio: "ignore" });
    await eventually(
      () => answers(this.input.proxyPort ?? 3131),
      (open) => open,
      15_000,
    );
  }

  /** Kills it, and waits until it is gone. */
  async kill(): Promise<void> {
    const { process } = this;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const gone = new Promise((exit) => process.once("exit", exit));
    process.kill("SIGKILL");
    await gone;
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  /** Lines of the access log. */
  get log(): string[] {
    const file = join(this.logs, "access.log");
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  }

  /** Text of the cache log, where Squid complains. */
  get complaints(): string {
    return readFileSync(join(this.logs, "cache.log"), "utf8");
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => done(true)).once("error", () => done(false));
    socket.once("connect", () => socket.destroy());
  });
}

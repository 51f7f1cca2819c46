import type { ConfigurationLoader } from "../configuration-source/configuration-loader";
import { agentMetrics } from "../health/agent-metrics";
import { HealthListener } from "../health/health-listener";
import { formatMetrics } from "../health/metric";
import { readiness, type Readiness } from "../health/readiness";
import { startTcpChecks, type RunningTcpChecks } from "../health/tcp-check";
import { writeFileAtomically } from "../host/write-file-atomically";
import type { Log } from "../log";
import type { AgentConfiguration } from "../rules/agent-configuration";
import { AGENT_VERSION } from "../version";
import type { Agent } from "./agent";
import { agentFiles } from "./agent-files";
import type { AgentStatus } from "./agent-status";
import { cached } from "./cached";
import { readNumbers } from "./read-numbers";

/** Metrics are read from the kernel at most this often. */
const METRICS_MS = 1000;

/** Where `/livez` answers before any configuration names a port: the schema's default. */
const DEFAULT_PORT = 8080;

/** Nothing in them is secret, and `explain` needs no root to read them. */
const FILE_MODE = 0o644;

/** Tells others how the agent is: the health server, and a file for `status`. */
export class AgentReport {
  private readonly startedAt = new Date().toISOString();
  private readonly listener: HealthListener;
  private checks: { readonly of: AgentConfiguration["health"]; readonly running: RunningTcpChecks } | undefined;
  private draining = false;
  private wasReady: boolean | undefined;
  private writtenGeneration = 0;
  private unwritten: string | undefined;

  constructor(
    private readonly agent: Agent,
    private readonly loader: ConfigurationLoader<AgentConfiguration>,
    private readonly log: Log,
    private readonly runDirectory: string,
  ) {
    const metrics = cached(METRICS_MS, () => this.metrics());
    this.listener = new HealthListener({ readiness: () => this.readiness(), metrics }, log);
  }

  /** Not ready from now on. */
  drain(): void {
    this.draining = true;
    this.update();
  }

  /** Brings the server, the checks and the file up to date; called after every look at the host. */
  update(): void {
    const health = this.loader.loaded.configuration?.health;
    if (health !== undefined && this.checks?.of !== health) {
      this.checks?.running.stop();
      this.checks = { of: health, running: startTcpChecks(health.tcpChecks) };
    }
    this.listener.listen(health?.port ?? DEFAULT_PORT);
    const { ready, failing } = this.readiness();
    if (ready !== this.wasReady) this.log.info({ failing }, ready ? "ready" : "not ready");
    this.wasReady = ready;
    this.writeStatus();
  }

  /** One line for the service manager. */
  summary(): string {
    const { ready, failing } = this.readiness();
    return ready ? `ready, generation ${this.loader.loaded.generation}` : `not ready: ${failing.join(", ")}`;
  }

  /** Stops listening. */
  async close(): Promise<void> {
    this.checks?.running.stop();
    await this.listener.close();
  }

  private readiness(): Readiness {
    return readiness(this.agent.conditions(this.checks?.running.conditions() ?? [], this.draining));
  }

  private metrics(): string {
    const { generation, refused, unreadable, loadedAt } = this.loader.loaded;
    const { dataPath, hookFailures } = this.agent;
    const numbers = {
      version: AGENT_VERSION,
      generation,
      configurationRefused: refused !== undefined,
      configurationUnreadable: unreadable !== undefined,
      ...(loadedAt === undefined ? {} : { loadedAt }),
      readiness: this.readiness(),
      hookFailures: hookFailures.length,
      ...(dataPath === undefined ? {} : { dataPath: readNumbers(dataPath) }),
    };
    return formatMetrics(agentMetrics(numbers));
  }

  private writeStatus(): void {
    const { configuration, loadedAt, ...loaded } = this.loader.loaded;
    const { ready, conditions } = this.readiness();
    const status: AgentStatus = {
      version: AGENT_VERSION,
      pid: process.pid,
      startedAt: this.startedAt,
      writtenAt: new Date().toISOString(),
      configuration: {
        ...loaded,
        ...(configuration === undefined ? {} : { preset: configuration.preset, mode: configuration.mode }),
        ...(loadedAt === undefined ? {} : { loadedAt: new Date(loadedAt).toISOString() }),
      },
      ready,
      conditions,
      hookFailures: this.agent.hookFailures,
      notices: this.agent.notices,
    };
    try {
      this.write(agentFiles.status(this.runDirectory), `${JSON.stringify(status, undefined, 2)}\n`);
      if (configuration !== undefined && this.writtenGeneration !== loaded.generation) {
        this.write(agentFiles.configuration(this.runDirectory), `${JSON.stringify(configuration, undefined, 2)}\n`);
        this.writtenGeneration = loaded.generation;
      }
      if (this.unwritten !== undefined) this.log.info("status files can be written again");
      this.unwritten = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.unwritten) this.log.error({ error: message }, "cannot write the status files");
      this.unwritten = message;
    }
  }

  private write(path: string, text: string): void {
    writeFileAtomically(path, text, FILE_MODE);
  }
}

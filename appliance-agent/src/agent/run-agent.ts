import { ConfigurationLoader } from "../configuration-source/configuration-loader";
import type { ConfigurationSource } from "../configuration-source/configuration-source";
import { openDataPath } from "../datapath/open-data-path";
import { openPinnedDataPath } from "../datapath/open-pinned-data-path";
import { serviceManager, type ServiceManager } from "../host/service-manager";
import type { Log } from "../log";
import type { AgentConfiguration } from "../rules/agent-configuration";
import { parseAgentConfiguration } from "../rules/parse-agent-configuration";
import { Agent } from "./agent";
import { agentFiles, type AgentDirectories } from "./agent-files";
import { AgentReport } from "./agent-report";
import { knownEndpoints } from "./endpoint-registry";
import { JsonFile } from "./json-file";
import { savedSysctls } from "./saved-sysctls";
import { listenToSignals } from "./signals";

/** What `run` is told. */
export interface RunAgentOptions {
  readonly source: ConfigurationSource;
  /** Files that serve when neither the source nor the last good configuration can be read. */
  readonly fallbacks: readonly string[];
  /** From not ready to stopped. */
  readonly drainMs: number;
  readonly log: Log;
  readonly objectDirectory: string;
  readonly directories: AgentDirectories;
}

/** systemd stops waiting for a watchdog message after its interval: half of it leaves room for a slow moment. */
const WATCHDOG_SHARE = 0.5;

/** Works until a signal ends it; what is attached then stays attached. */
export async function runAgent(options: RunAgentOptions): Promise<void> {
  const { source, log, directories } = options;
  const loader = openLoader(options);
  const damaged = (problem: string) => log.warn({ error: problem }, "a file of the agent is damaged");
  const agent = new Agent({
    loader,
    log,
    savedSysctls: new JsonFile(agentFiles.savedSysctls(directories.run), savedSysctls, damaged),
    endpoints: new JsonFile(agentFiles.endpoints(directories.run), knownEndpoints, damaged),
    objectDirectory: options.objectDirectory,
    pinDirectory: directories.pins,
    openDataPath,
    openPinnedDataPath,
  });
  const report = new AgentReport(agent, loader, log, directories.run);
  const systemd = serviceManager();
  const reload = () => refresh(loader, agent, log);
  const stop = listenToSignals({
    reload: async () => {
      systemd.reloading(process.hrtime.bigint() / 1000n);
      await reload();
      systemd.ready(report.summary());
    },
    drain: () => {
      log.info({ drainMs: options.drainMs }, "draining: not ready from now on");
      report.drain();
      systemd.stopping("draining");
    },
    drainMs: options.drainMs,
  });
  const watchdog = startWatchdog(systemd);
  source.watch(() => void reload(), stop);
  try {
    await reload();
    let announced = false;
    await agent.run(stop, () => {
      report.update();
      if (announced) systemd.status(report.summary());
      else systemd.ready(report.summary());
      announced = true;
    });
  } finally {
    clearInterval(watchdog);
    await report.close();
    log.info("stopped; what is attached stays attached");
  }
}

function openLoader({ source, fallbacks, directories }: RunAgentOptions): ConfigurationLoader<AgentConfiguration> {
  return new ConfigurationLoader({
    source,
    fallbacks,
    lastGoodPath: agentFiles.lastGood(directories.state),
    parse: parseAgentConfiguration,
    now: Date.now,
  });
}

/** Reads the configuration again, tells what came of it, and makes the agent act on it. */
async function refresh(loader: ConfigurationLoader<AgentConfiguration>, agent: Agent, log: Log): Promise<void> {
  const before = loader.loaded;
  if (!(await loader.refresh())) return;
  const { generation, origin, refused, unreadable, unsaved } = loader.loaded;
  const meanwhile = generation === 0 ? "none is in force" : "the one in force stays";
  if (generation !== before.generation) log.info({ generation, origin }, "configuration taken into force");
  if (refused !== undefined && refused !== before.refused)
    log.error({ error: refused }, `configuration refused; ${meanwhile}`);
  if (unreadable !== undefined && unreadable !== before.unreadable)
    log.warn({ error: unreadable }, `configuration cannot be read; ${meanwhile}`);
  if (unreadable === undefined && before.unreadable !== undefined) log.info("configuration can be read again");
  if (unsaved !== undefined && unsaved !== before.unsaved)
    log.warn({ error: unsaved }, "configuration cannot be kept for the next boot");
  if (unsaved === undefined && before.unsaved !== undefined) log.info("configuration is kept for the next boot");
  agent.wake();
}

function startWatchdog(systemd: ServiceManager): NodeJS.Timeout | undefined {
  if (systemd.watchdogMs === undefined) return undefined;
  systemd.alive();
  return setInterval(() => systemd.alive(), systemd.watchdogMs * WATCHDOG_SHARE);
}

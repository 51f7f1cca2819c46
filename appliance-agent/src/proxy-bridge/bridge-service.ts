import { ConfigurationLoader } from "../configuration-source/configuration-loader";
import type { ConfigurationSource } from "../configuration-source/configuration-source";
import { openHealthServer } from "../health/health-server";
import { formatMetrics } from "../health/metric";
import { readiness, type Condition } from "../health/readiness";
import { startTcpChecks } from "../health/tcp-check";
import type { ServiceManager } from "../host/service-manager";
import type { Log } from "../log";
import { Bridge } from "./bridge";
import { type BridgeConfiguration, parseBridgeConfiguration } from "./bridge-configuration";
import { SquidListFiles, type SquidListFilesOptions } from "./squid-list-files";

/** What the bridge runs with. */
export interface BridgeServiceOptions {
  readonly source: ConfigurationSource;
  /** Read when the source cannot be and nothing is in force yet, after the last good configuration. */
  readonly fallbacks: readonly string[];
  /** Where the last good configuration is kept. */
  readonly lastGoodPath: string;
  readonly squidLists: SquidListFilesOptions;
  readonly serviceManager: ServiceManager;
  readonly log: Log;
}

/**
 * Runs the bridge until `signal` aborts, then drains it.
 *
 * Ready, for systemd, once Squid's lists are written and both ports are open: Squid's unit starts after this one.
 *
 * @throws Error when there is no valid configuration, or a port cannot be had
 */
export async function runBridge(options: BridgeServiceOptions, signal: AbortSignal): Promise<void> {
  const { log, serviceManager, source } = options;
  const loader = new ConfigurationLoader<BridgeConfiguration>({
    ...options,
    parse: parseBridgeConfiguration,
    now: Date.now,
  });
  await loader.refresh();
  const { configuration } = loader.loaded;
  if (configuration === undefined)
    throw new Error(loader.loaded.refused ?? loader.loaded.unreadable ?? `${source.name}: no configuration`);
  const bridge = new Bridge(configuration, log);
  const lists = new ListKeeper(new SquidListFiles(options.squidLists), bridge, log);
  await lists.keep(configuration);
  await bridge.listen();
  const { squid, health } = configuration;
  const checks = startTcpChecks([{ name: "squid", ...squid }]);
  const conditions = () => [bridge.condition(), lists.condition, ...checks.conditions()];
  const healthServer = await openHealthServer(
    { readiness: () => readiness(conditions()), metrics: () => formatMetrics(bridge.metrics()) },
    { host: health.address, port: health.port },
  );
  serviceManager.ready(`${configuration.clientCidrs.join(" ")} to Squid on ${squid.address} port ${squid.port}`);
  const watchdog = setInterval(() => serviceManager.alive(), (serviceManager.watchdogMs ?? 20_000) / 2);

  const refresh = serially(async () => {
    const before = loader.loaded;
    const told = await loader.refresh();
    const now = loader.loaded;
    if (told) tell(log, bridge, before.generation !== now.generation, now);
    if (now.configuration === undefined) return;
    if (before.generation !== now.generation) bridge.apply(now.configuration);
    await lists.keep(now.configuration);
  });
  source.watch(refresh, signal);
  await new Promise<void>((stop) =>
    signal.aborted ? stop() : signal.addEventListener("abort", () => stop(), { once: true }),
  );

  serviceManager.stopping("draining");
  await bridge.drain();
  clearInterval(watchdog);
  checks.stop();
  await healthServer.close();
}

/** Keeps Squid's lists, and says whether they are. */
class ListKeeper {
  condition: Condition = { name: "squid-lists", ok: false, detail: "not written yet" };
  private kept: BridgeConfiguration | undefined;

  constructor(
    private readonly files: SquidListFiles,
    private readonly bridge: Bridge,
    private readonly log: Log,
  ) {}

  /** Writes what differs; tried again at the next call when it fails. */
  async keep(configuration: BridgeConfiguration): Promise<void> {
    if (this.kept === configuration) return;
    try {
      const changed = await this.files.write(configuration);
      this.kept = configuration;
      this.condition = { name: "squid-lists", ok: true, detail: "as configured" };
      if (changed.length === 0) return;
      this.bridge.count.add("squid_list_changes");
      this.log.info({ changed }, "squid lists written");
    } catch (error) {
      const detail = (error as Error).message;
      this.condition = { name: "squid-lists", ok: false, detail };
      this.log.error({ error: detail }, "squid lists are not in force");
    }
  }
}

function tell(log: Log, bridge: Bridge, taken: boolean, loaded: ConfigurationLoader<unknown>["loaded"]): void {
  const { generation, origin, revision, refused, unreadable, unsaved } = loaded;
  if (taken) {
    bridge.count.add("configurations", { result: "accepted" });
    log.info({ generation, origin, revision }, "configuration in force");
  }
  if (refused !== undefined) {
    bridge.count.add("configurations", { result: "refused" });
    log.error({ error: refused }, "configuration refused; the one before stays in force");
  }
  if (unreadable !== undefined) log.warn({ error: unreadable }, "configuration cannot be read");
  if (unsaved !== undefined) log.warn({ error: unsaved }, "configuration cannot be kept for the next start");
}

/** Runs `work` one at a time; a call while it runs makes it run once more. */
function serially(work: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  const run = async () => {
    if (running) return void (again = true);
    running = true;
    do {
      again = false;
      await work();
    } while (again);
    running = false;
  };
  return () => void run();
}

import { setTimeout as wait } from "node:timers/promises";
import { agentConditions, type AgentView } from "../control/agent-conditions";
import { conditionOf, describeChange, type Change } from "../control/change";
import { desiredState, type DesiredState } from "../control/desired-state";
import { reconcile, type ObservedState, type SettledIptables } from "../control/reconcile";
import type { ConfigurationLoader } from "../configuration-source/configuration-loader";
import type { DataPath, DataPathOptions } from "../datapath/data-path";
import { defaultRouteInterface } from "../host/policy-routing";
import type { Condition } from "../health/readiness";
import type { Log } from "../log";
import type { AgentConfiguration } from "../rules/agent-configuration";
import type { Family } from "../rules/cidr";
import { slotsInUse } from "../rules/policy-routing";
import type { RuleTable } from "../rules/rule-table";
import { ApplyContext, applyChange, destroyHook } from "./apply-change";
import { EndpointRegistry, type KnownEndpoints } from "./endpoint-registry";
import { HandedUpPackets } from "./handed-up-packets";
import type { JsonFile } from "./json-file";
import { observeHost, readHostTables, type HostTables } from "./observe-host";
import type { SavedSysctls } from "./saved-sysctls";

/** Between two looks at the host when nothing happens. */
const TICK_MS = 5000;

/** Between two looks at iptables and the policy routes when nothing happens. */
const TABLES_MS = 15_000;

/** Between two removals of silent flows. */
const EXPIRE_MS = 30_000;

/** After devices were made: systemd's udev rule sets rp_filter back about 40 ms later, later still on a busy machine. */
const AFTER_DEVICES_MS = [60, 200, 500, 1000, 2000];

/** What the agent is made of; each part can be exchanged in a test. */
export interface AgentParts {
  readonly loader: ConfigurationLoader<AgentConfiguration>;
  readonly log: Log;
  readonly savedSysctls: JsonFile<SavedSysctls>;
  readonly endpoints: JsonFile<KnownEndpoints>;
  readonly objectDirectory: string;
  readonly pinDirectory: string;
  readonly openDataPath: (options: DataPathOptions) => DataPath;
  /** What an earlier agent, or this one in another mode, has left. */
  readonly openPinnedDataPath: (pinDirectory: string) => DataPath | undefined;
  readonly compileRules: (configuration: AgentConfiguration) => RuleTable;
}

/**
 * Keeps the host as the configuration in force says: looks, compares, changes what differs, looks again.
 *
 * Everything happens in `run`, one step after the other; the other members only wake it or tell what it found.
 */
export class Agent {
  private opened: DataPath | undefined;
  private unsubscribe: (() => void)[] = [];
  /** A data path in routed mode whose place a hairpin takes: its devices go when the other is attached. */
  private superseded: DataPath | undefined;
  private registry: EndpointRegistry | undefined;
  private tables: HostTables | undefined;
  private tablesReadAt = 0;
  private expiredAt = 0;
  private rules: { readonly generation: number; readonly table: RuleTable } | undefined;
  private wakeUp: () => void = () => undefined;
  private dueAt: number[] = [0];
  private readonly settledIptables = new Map<Family, SettledIptables>();
  private handedUp: HandedUpPackets;
  private view: Omit<AgentView, "tcpChecks" | "draining"> = { remaining: [], failures: new Map(), absentSysctls: [] };

  constructor(private readonly parts: AgentParts) {
    this.handedUp = new HandedUpPackets(parts.log);
  }

  /** The data path, once it is open. */
  get dataPath(): DataPath | undefined {
    return this.opened;
  }

  /** Hooks that failed, with what they printed. */
  get hookFailures(): readonly string[] {
    return this.registry?.hookFailures() ?? [];
  }

  /** What was found at the last look. */
  conditions(tcpChecks: readonly Condition[], draining: boolean): Condition[] {
    return agentConditions({ ...this.view, tcpChecks, draining });
  }

  /** Makes `run` look at the host now. */
  wake(): void {
    this.dueAt.push(0);
    this.wakeUp();
  }

  /**
   * Works until `signal` aborts; what is attached then stays attached.
   *
   * @param looked called after every look at the host
   */
  async run(signal: AbortSignal, looked: () => void): Promise<void> {
    while (!signal.aborted) {
      this.dueAt = this.dueAt.filter((at) => at > performance.now());
      await this.look();
      looked();
      await this.sleep(signal);
    }
    this.closeDataPath();
  }

  private async sleep(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const pause = Math.min(...this.dueAt, now + TICK_MS) - now;
    if (pause <= 0 || signal.aborted) return;
    const awake = new AbortController();
    this.wakeUp = () => awake.abort();
    const stop = AbortSignal.any([signal, awake.signal]);
    await wait(pause, undefined, { signal: stop }).catch(() => undefined);
  }

  private async look(): Promise<void> {
    const { loaded } = this.parts.loader;
    const { configuration, generation, origin = "" } = loaded;
    if (configuration === undefined) {
      this.view = { ...this.view, obstacle: loaded.refused ?? loaded.unreadable };
      return;
    }
    const about = { mode: configuration.mode, generation, origin };
    try {
      this.view = { configuration: about, ...(await this.converge(configuration, generation)) };
    } catch (error) {
      const obstacle = (error as Error).message;
      this.parts.log.error({ err: error }, "cannot look at the host");
      this.view = { configuration: about, obstacle, remaining: [], failures: new Map(), absentSysctls: [] };
    }
  }

  private async converge(configuration: AgentConfiguration, generation: number) {
    const underlayInterface = configuration.underlayInterface ?? (await defaultRouteInterface());
    if (underlayInterface === undefined)
      throw new Error("underlay: the main table has no default route; set underlayInterface, or bring the network up");
    const dataPath = this.openFor(configuration, underlayInterface);
    const fresh = this.rules?.generation !== generation;
    if (fresh || performance.now() - this.tablesReadAt > TABLES_MS) await this.readTables();
    if (fresh) this.rules = { generation, table: this.parts.compileRules(configuration) };
    this.learnEndpoints(dataPath, configuration);
    const table = this.rules?.table as RuleTable;
    const desired = desiredState(configuration, table, underlayInterface, this.registry?.served() ?? []);
    const changes = reconcile(desired, this.observe(dataPath, desired));
    const failures = await this.apply(changes, { ...this.context(dataPath, desired, configuration), table });
    const observed = this.observe(dataPath, desired);
    if (observed.attached) await this.removeSuperseded();
    this.expire(dataPath, configuration);
    const absentSysctls = [...desired.sysctls.keys()].filter(
      (name) => observed.sysctls.get(name) === undefined && !name.startsWith("net.ipv6."),
    );
    return { remaining: reconcile(desired, observed), failures, absentSysctls };
  }

  private observe(dataPath: DataPath, desired: DesiredState): ObservedState {
    const hooksRun = this.registry?.hooksRun() ?? new Set<string>();
    return observeHost(dataPath, desired, this.tables as HostTables, {
      settledIptables: this.settledIptables,
      hooksRun,
    });
  }

  private async readTables(): Promise<void> {
    this.tables = await readHostTables();
    this.tablesReadAt = performance.now();
  }

  private context(
    dataPath: DataPath,
    desired: DesiredState,
    configuration: AgentConfiguration,
  ): Omit<ApplyContext, "table"> {
    return {
      dataPath,
      desired,
      log: this.parts.log,
      savedSysctls: this.parts.savedSysctls,
      settledIptables: this.settledIptables,
      registry: this.registry as EndpointRegistry,
      destroyHook: configuration.hooks.destroy,
      handedUp: this.handedUp,
    };
  }

  /** Makes the changes in order. What failed before it keeps an endpoint or the data path from being switched on. */
  private async apply(changes: readonly Change[], context: ApplyContext): Promise<Map<string, string>> {
    const failures = new Map<string, string>();
    for (const change of changes) {
      const text = describeChange(change);
      const switchesOn = change.kind === "attach" || change.kind === "admit-endpoint";
      if (switchesOn && failures.size > 0) continue;
      try {
        await applyChange(change, context);
        this.parts.log.info({ change: change.kind }, text);
      } catch (error) {
        failures.set(text, (error as Error).message);
        this.parts.log.error({ change: change.kind, err: error }, `failed: ${text}`);
      }
    }
    const kinds = new Set(changes.map(conditionOf));
    if (kinds.has("routing") || kinds.has("iptables")) await this.readTables();
    if (kinds.has("devices")) this.dueAt.push(...AFTER_DEVICES_MS.map((ms) => performance.now() + ms));
    return failures;
  }

  private learnEndpoints(dataPath: DataPath, configuration: AgentConfiguration): void {
    if (this.registry === undefined) {
      const { ipv4, ipv6 } = (this.tables as HostTables).routing;
      this.registry = new EndpointRegistry(this.parts.endpoints, new Map([...slotsInUse(ipv4), ...slotsInUse(ipv6)]));
    }
    if (configuration.mode !== "routed") return;
    const made = dataPath.observe().endpoints.map(({ endpoint }) => endpoint);
    const refused = this.registry.add([...made, ...dataPath.readEndpoints().map(({ endpoint }) => endpoint)]);
    if (refused.length) this.parts.log.error({ refused: refused.slice(0, 10) }, "too many endpoints");
  }

  private expire(dataPath: DataPath, configuration: AgentConfiguration): void {
    if (configuration.mode !== "routed" || performance.now() - this.expiredAt < EXPIRE_MS) return;
    dataPath.expireFlows(configuration.flowIdleSeconds);
    this.expiredAt = performance.now();
  }

  /** Another mode, hook, interface or size of the flow table needs other programs and maps. */
  private openFor({ mode, hook, maxFlows }: AgentConfiguration, underlayInterface: string): DataPath {
    const { objectDirectory, pinDirectory, log } = this.parts;
    const wanted: DataPathOptions = { mode, hook, underlayInterface, maxFlows, objectDirectory, pinDirectory };
    if (this.opened && sameOptions(this.opened.options, wanted)) return this.opened;
    this.closeDataPath();
    log.info({ mode, hook, underlayInterface, maxFlows }, "opening the data path");
    this.supersede(wanted);
    const dataPath = this.parts.openDataPath(wanted);
    this.opened = dataPath;
    this.unsubscribe = [
      dataPath.onNewEndpoint(() => this.wake()),
      dataPath.onHandedUpPacket((packet) => this.handedUp.take(packet, dataPath)),
    ];
    return dataPath;
  }

  private supersede({ mode, pinDirectory }: DataPathOptions): void {
    this.superseded?.close();
    const before = this.parts.openPinnedDataPath(pinDirectory);
    const hasDevices = before?.options.mode === "routed" && mode === "hairpin";
    if (!hasDevices) before?.close();
    this.superseded = hasDevices ? before : undefined;
  }

  private async removeSuperseded(): Promise<void> {
    const left = this.superseded;
    if (left === undefined || this.registry === undefined) return;
    this.superseded = undefined;
    for (const devices of left.observe().endpoints) {
      await destroyHook(this.registry, devices, this.parts.log);
      left.removeEndpoint(devices.endpoint);
      this.registry.forget(devices.endpoint);
      this.parts.log.info({ endpoint: devices.endpoint }, "devices removed: the mode has changed to hairpin");
    }
    left.close();
  }

  private closeDataPath(): void {
    this.unsubscribe.forEach((stop) => stop());
    this.opened?.close();
    this.opened = undefined;
    this.unsubscribe = [];
    this.handedUp = new HandedUpPackets(this.parts.log);
  }
}

function sameOptions(left: DataPathOptions, right: DataPathOptions): boolean {
  return (Object.keys(right) as (keyof DataPathOptions)[]).every((key) => left[key] === right[key]);
}

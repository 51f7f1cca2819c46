import { setImmediate as othersFirst } from "node:timers/promises";
import { agentConditions, type AgentView } from "../control/agent-conditions";
import { conditionOf, describeChange, type Change } from "../control/change";
import { connectionTrackingNotices } from "../control/connection-tracking";
import { desiredState, type DesiredState } from "../control/desired-state";
import { isHeldBack } from "../control/held-back";
import { reconcile, type ObservedState, type SettledIptables } from "../control/reconcile";
import type { ConfigurationLoader } from "../configuration-source/configuration-loader";
import type { DataPath, EndpointDevices } from "../datapath/data-path";
import { hostFamilies } from "../host/host-families";
import { readMergingFeatures } from "../host/merging-features";
import { defaultRouteInterface } from "../host/policy-routing";
import type { Condition } from "../health/readiness";
import type { Log } from "../log";
import type { AgentConfiguration } from "../rules/agent-configuration";
import type { Family } from "../rules/cidr";
import { slotsInUse } from "../rules/policy-routing";
import { compileInSteps } from "../rules/compile-rules";
import type { RuleTable } from "../rules/rule-table";
import { Alarm } from "./alarm";
import { ApplyContext, applyChange, destroyHook } from "./apply-change";
import { DataPathSlot, type DataPathOpener } from "./data-path-slot";
import { EndpointRegistry, type KnownEndpoints } from "./endpoint-registry";
import type { JsonFile } from "./json-file";
import { observeHost, readHostTables, type HostTables } from "./observe-host";
import type { SavedSysctls } from "./saved-sysctls";

/** Between two looks at the host when nothing happens. */
const TICK_MS = 5000;

/** Between two looks at iptables, the policy routes and the interface's features when nothing happens. */
const TABLES_MS = 15_000;

/** Between two removals of silent flows. */
const EXPIRE_MS = 30_000;

/** After devices were made: systemd's udev rule sets rp_filter back about 40 ms later, later still on a busy machine. */
const AFTER_DEVICES_MS = [60, 200, 500, 1000, 2000];

/** What the agent is made of; each part can be exchanged in a test. */
export interface AgentParts extends DataPathOpener {
  readonly loader: ConfigurationLoader<AgentConfiguration>;
  readonly log: Log;
  readonly savedSysctls: JsonFile<SavedSysctls>;
  readonly endpoints: JsonFile<KnownEndpoints>;
  readonly objectDirectory: string;
  readonly pinDirectory: string;
}

/**
 * Keeps the host as the configuration in force says: looks, compares, changes what differs, looks again.
 *
 * Everything happens in `run`, one step after the other; the other members only wake it or tell what it found.
 */
export class Agent {
  private readonly alarm = new Alarm();
  private readonly slot: DataPathSlot;
  private registry: EndpointRegistry | undefined;
  private tables: HostTables | undefined;
  private tablesReadAt = 0;
  private merging: readonly string[] | undefined;
  private expiredAt = 0;
  private rules: { readonly generation: number; readonly table: RuleTable } | undefined;
  private readonly settledIptables = new Map<Family, SettledIptables>();
  private told: readonly string[] = [];
  private view: Omit<AgentView, "tcpChecks" | "draining"> = { remaining: [], failures: new Map(), absentSysctls: [] };

  constructor(private readonly parts: AgentParts) {
    this.slot = new DataPathSlot(parts, parts.log, () => this.wake());
  }

  /** The data path, once it is open. */
  get dataPath(): DataPath | undefined {
    return this.slot.dataPath;
  }

  /** Hooks that failed, with what they printed. */
  get hookFailures(): readonly string[] {
    return this.registry?.hookFailures() ?? [];
  }

  /** What is not as it should be and cannot be changed from here; the appliance is ready all the same. */
  get notices(): readonly string[] {
    return this.told;
  }

  /** What was found at the last look. */
  conditions(tcpChecks: readonly Condition[], draining: boolean): Condition[] {
    return agentConditions({ ...this.view, tcpChecks, draining });
  }

  /** Makes `run` look at the host now. */
  wake(): void {
    this.alarm.ring();
  }

  /**
   * Works until `signal` aborts; what is attached then stays attached.
   *
   * @param looked called after every look at the host
   */
  async run(signal: AbortSignal, looked: () => void): Promise<void> {
    signal.addEventListener("abort", () => this.alarm.ring());
    while (!signal.aborted) {
      await this.look();
      looked();
      await this.alarm.sleep(TICK_MS);
    }
    this.slot.close();
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
    const { mode, hook, maxFlows } = configuration;
    const { objectDirectory, pinDirectory } = this.parts;
    const dataPath = this.slot.open({ mode, hook, underlayInterface, maxFlows, objectDirectory, pinDirectory });
    const fresh = this.rules?.generation !== generation;
    if (fresh || performance.now() - this.tablesReadAt > TABLES_MS) {
      this.merging = await readMergingFeatures(underlayInterface);
      await this.readTables();
    }
    if (fresh) {
      const steps = compileInSteps(configuration);
      let step = steps.next();
      for (; !step.done; step = steps.next()) await othersFirst();
      this.rules = { generation, table: step.value };
      await othersFirst();
    }
    this.learnEndpoints(dataPath, configuration);
    const table = this.rules?.table as RuleTable;
    const served = this.registry?.served() ?? [];
    const desired = desiredState(configuration, table, underlayInterface, served, hostFamilies());
    const changes = reconcile(desired, this.observe(dataPath, desired));
    const failures = await this.apply(changes, { ...this.context(dataPath, desired, configuration), table });
    const observed = this.observe(dataPath, desired);
    if (observed.attached) await this.slot.removeSuperseded((devices) => this.forget(devices));
    this.tell([...connectionTrackingNotices(configuration, observed), ...this.unsaved()]);
    this.expire(dataPath, configuration);
    this.slot.handedUp.count(dataPath);
    const absentSysctls = [...desired.sysctls.keys()].filter(
      (name) => observed.sysctls.get(name) === undefined && !name.startsWith("net.ipv6."),
    );
    const underlay = {
      name: underlayInterface,
      hook: mode === "routed" ? "tc" : hook,
      mtu: observed.underlayMtu,
      merging: this.merging,
    } as const;
    return { remaining: reconcile(desired, observed), failures, absentSysctls, underlay };
  }

  /** What was not noted in files, for a full disk say; said of, and tried again at every look. */
  private unsaved(): string[] {
    this.registry?.save();
    return [this.registry?.unsaved ?? []].flat();
  }

  /** Logs each notice once, until it is gone. */
  private tell(notices: readonly string[]): void {
    for (const notice of notices) if (!this.told.includes(notice)) this.parts.log.warn(notice);
    this.told = notices;
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
      handedUp: this.slot.handedUp,
    };
  }

  /** Makes the changes in order, but those that have to wait because an earlier one failed. */
  private async apply(changes: readonly Change[], context: ApplyContext): Promise<Map<string, string>> {
    const failures = new Map<string, string>();
    const failed: Change[] = [];
    for (const change of changes) {
      const text = describeChange(change);
      if (isHeldBack(change, failed, context.desired.endpoints)) continue;
      try {
        await applyChange(change, context);
        this.parts.log.info({ change: change.kind }, text);
      } catch (error) {
        failures.set(text, (error as Error).message);
        failed.push(change);
        this.parts.log.error({ change: change.kind, err: error }, `failed: ${text}`);
      }
    }
    const kinds = new Set(changes.map(conditionOf));
    if (kinds.has("routing") || kinds.has("iptables")) await this.readTables();
    if (kinds.has("iptables")) this.alarm.ring(); /* The first chain may have loaded the module that has a parameter. */
    if (kinds.has("devices")) this.alarm.ringAfter(AFTER_DEVICES_MS);
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

  private async forget(devices: EndpointDevices): Promise<void> {
    if (this.registry === undefined) return;
    await destroyHook(this.registry, devices, this.parts.log);
    this.registry.forget(devices.endpoint);
  }
}

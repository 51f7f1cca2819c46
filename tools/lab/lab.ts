import { ChildProcess, execFile, spawn, SpawnOptions } from "node:child_process";
import { join } from "node:path";
import { namespaceOf } from "./fabric/build-fabric";
import type { EmulatorReport } from "./gwlb/emulator";
import { askEmulator } from "./gwlb/emulator-client";
import type { Attributes } from "./gwlb/emulator-configuration";
import { bringUp } from "./lifecycle/bring-up";
import { hostCommand } from "./lifecycle/host-command";
import { directoryOf, type LabState, removeLab } from "./lifecycle/lab-directory";
import { putObject } from "./lifecycle/put-object";
import { rememberedPlan } from "./lifecycle/remembered-plan";
import { Executed, Machine } from "./machine/machine";
import { LabPlan, planLab } from "./plan/lab-plan";
import { ConfigurationChange, LoadedPlan, loadPlan, StoredContent } from "./plan/load-plan";

/** Milliseconds for one program in a lab. */
const EXEC_TIMEOUT_MS = 120_000;

/** What a lab is made of. */
export interface LabOptions {
  /** Name of a scenario, or a folder of Terraform files. */
  readonly target: string;
  /** What differs from gwlb.yaml. @default - nothing */
  readonly configuration?: ConfigurationChange;
  /** Whether it stays when this process ends. @default "removed" */
  readonly afterwards?: "removed" | "kept";
  /** Hears what happens, a line each. @default - nobody */
  readonly say?: (line: string) => void;
  /** Ends bringing it up, soon and without a trace. @default - nothing does */
  readonly signal?: AbortSignal;
}

/** A scenario that runs. */
export class Lab {
  constructor(
    /** Unique on this machine. */
    readonly name: string,
    private readonly options: LabOptions,
    readonly loaded: LoadedPlan,
    readonly plan: LabPlan,
    private readonly machines: ReadonlyMap<string, Machine>,
  ) {}

  /** Names of its namespaces. Those of `plan.machines` are machines. */
  get hosts(): readonly string[] {
    return this.plan.fabric.hosts;
  }

  /** A folder that goes with the lab. */
  get directory(): string {
    return directoryOf(this.name);
  }

  /** File of a host's network namespace. */
  namespaceFile(host: string): string {
    return `/run/netns/${namespaceOf(this.name, host)}`;
  }

  /** A machine. @throws Error when the host is none */
  machine(host: string): Machine {
    const machine = this.machines.get(host);
    if (machine) return machine;
    throw new Error(`lab: no machine '${host}', got ${[...this.machines.keys()].join(", ")}; name one of them`);
  }

  /** Command line that runs another on a host: in the machine, or in the namespace where the host is none. */
  onHost(host: string, command: readonly string[]): [string, ...string[]] {
    const machines = Object.fromEntries([...this.machines].map(([name, { pid }]) => [name, pid]));
    return hostCommand({ name: this.name, hosts: this.hosts, machines }, host, command);
  }

  /** Runs a program on a host to its end, however that is. */
  exec(host: string, ...command: string[]): Promise<Executed> {
    const [program, ...parameters] = this.onHost(host, command);
    return new Promise((resolve) => {
      const options = { encoding: "utf8", timeout: EXEC_TIMEOUT_MS, maxBuffer: 256 * 1024 * 1024 } as const;
      const child = execFile(program, parameters, options, (_, stdout, stderr) => {
        resolve({ status: child.exitCode ?? 128, stdout, stderr });
      });
    });
  }

  /** Runs a program on a host. @returns what it printed @throws Error when it fails, with all it said */
  async check(host: string, ...command: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.exec(host, ...command);
    if (status === 0) return stdout;
    throw new Error(
      `lab: ${command.join(" ")} on ${host}: failed, got exit status ${String(status)}: ${stdout}${stderr}`,
    );
  }

  /** Starts a program on a host; it ends with the lab. */
  spawn(host: string, command: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [program, ...parameters] = this.onHost(host, command);
    return spawn(program, parameters, options);
  }

  /** What the load balancer has seen. */
  report(): Promise<EmulatorReport> {
    return askEmulator(join(this.directory, "emulator.sock"), { report: true });
  }

  /** Registers an appliance with the load balancer, or deregisters it. @param host the appliance's */
  async setRegistered(host: string, registered: boolean): Promise<void> {
    await askEmulator(join(this.directory, "emulator.sock"), registered ? { register: host } : { deregister: host });
  }

  /** Changes attributes of the load balancer, as `aws elbv2 modify-target-group-attributes` does: its flows go on. */
  async modifyLoadBalancer(attributes: Attributes): Promise<void> {
    await askEmulator(join(this.directory, "emulator.sock"), { modify: attributes });
  }

  /** Puts an object into the lab's S3. @param path `<bucket>/<key>` */
  putObject(path: string, object: StoredContent): void {
    putObject(this.directory, path, object);
  }

  /**
   * Deploys a changed configuration as far as that changes objects in S3: synthesizes, plans, uploads.
   *
   * @returns paths of the objects that changed, `<bucket>/<key>`
   */
  async deploy(configuration: ConfigurationChange): Promise<readonly string[]> {
    const into = join(this.directory, `synthesized-${String(Date.now())}`);
    const { objects } = await loadPlan(this.options.target, configuration, into);
    const changed = [...objects].filter(
      ([path, object]) =>
        JSON.stringify(object) !== JSON.stringify(this.loaded.objects.get(path)) && "content" in object,
    );
    for (const [path, object] of changed) this.putObject(path, object);
    return changed.map(([path]) => path);
  }

  /** Ends and removes everything. */
  async stop(): Promise<void> {
    await removeLab(this.name);
  }
}

/**
 * Plans a scenario, brings it up and waits until every appliance is healthy. The caller stops it.
 *
 * @throws Error when it does not come up, with what was said; nothing is left then
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { name, loaded, plan, machines } = await bringUp(options);
  return new Lab(name, options, loaded, plan, machines);
}

/** A lab that another process brought up. @throws Error when it is not up yet */
export function attachLab({ name, target, machines }: LabState): Lab {
  const loaded = rememberedPlan(directoryOf(name));
  const plan = planLab(loaded.topology, { certificateAuthority: "", node: process.execPath });
  const running = Object.entries(machines).map(([host, pid]) => [host, new Machine(pid)] as const);
  return new Lab(name, { target }, loaded, plan, new Map(running));
}

/** A lab while `body` runs; nothing is left afterwards, whatever happens. */
export async function withLab<T>(options: LabOptions, body: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await startLab(options);
  try {
    return await body(lab);
  } finally {
    await lab.stop();
  }
}

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { buildFabric, inNamespace, namespaceOf } from "../fabric/build-fabric";
import { GATEWAY_LOAD_BALANCER_HOST } from "../gwlb/emulator-configuration";
import { askEmulator } from "../gwlb/emulator-client";
import { inControlGroup, makeControlGroup } from "../machine/control-group";
import { Machine, startMachine } from "../machine/machine";
import { isAssumed } from "../plan/assumed-clients";
import { WEB_NAMES } from "../plan/internet-names";
import { LabPlan, planLab } from "../plan/lab-plan";
import { ConfigurationChange, LoadedPlan, loadPlan } from "../plan/load-plan";
import { MachinePlan } from "../plan/machine-plan";
import { servicesOf } from "../plan/services-of";
import { makeCertificates } from "./certificates";
import { claimName, controlGroupOf, directoryOf, isLeftOver, readLabs, removeLab, writeState } from "./lab-directory";
import { putObject } from "./put-object";
import { rememberPlan } from "./remembered-plan";

/** Milliseconds for a process to listen, and for appliances to become healthy. */
const READY_TIMEOUT_MS = 20_000;
const HEALTHY_TIMEOUT_MS = 30_000;

const REPOSITORY = resolve(__dirname, "../../..");

/** What is brought up. */
export interface BringUpOptions {
  readonly target: string;
  readonly configuration?: ConfigurationChange;
  readonly afterwards?: "removed" | "kept";
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** What was brought up. */
export interface BroughtUp {
  readonly name: string;
  readonly loaded: LoadedPlan;
  readonly plan: LabPlan;
  readonly machines: ReadonlyMap<string, Machine>;
}

/**
 * Brings a lab up: plan, network, servers, load balancer, machines, and the machines' user data.
 *
 * @throws Error when a step fails; nothing is left then
 */
export async function bringUp(options: BringUpOptions): Promise<BroughtUp> {
  for (const lab of readLabs()) if ("owner" in lab && isLeftOver(lab)) await removeLab(lab.name);
  const name = claimName();
  try {
    return await build(name, options);
  } catch (error) {
    await removeLab(name);
    throw error;
  }
}

async function build(name: string, options: BringUpOptions): Promise<BroughtUp> {
  const { target, configuration = {}, signal } = options;
  const say = (line: string): void => {
    signal?.throwIfAborted();
    options.say?.(line);
  };
  const directory = directoryOf(name);
  const state = { name, target, kept: options.afterwards === "kept" };
  writeState({ ...state, machines: {}, hosts: [] });
  const since = stopwatch();
  const loaded = await loadPlan(target, configuration, join(directory, "synthesized"));
  rememberPlan(directory, loaded);
  for (const [path, object] of loaded.objects) putObject(directory, path, object);
  say(`planned ${target} with Terraform, without AWS (${since()})`);

  const region = loaded.topology.region ?? "*";
  const storage = [`*.s3.${region}.amazonaws.com`, `s3.${region}.amazonaws.com`];
  const certificates = makeCertificates(directory, [...Object.values(WEB_NAMES), ...storage]);
  const facts = { certificateAuthority: certificates.authority, node: process.execPath };
  const plan = planLab(loaded.topology, facts);
  for (const note of new Set([...plan.fabric.notes, ...assumptions(plan)])) say(note);
  buildFabric(name, plan.fabric);
  say(`${String(plan.fabric.hosts.length)} namespaces, ${String(plan.fabric.links.length)} cables (${since()})`);

  const [machines] = await Promise.all([
    startMachines(name, plan),
    startServices(name, plan, { ...certificates, storage: join(directory, "s3") }),
    startEmulator(name, plan),
  ]);
  startResolvers(name, plan);
  const pids = Object.fromEntries([...machines].map(([host, { pid }]) => [host, pid]));
  writeState({ ...state, machines: pids, hosts: plan.fabric.hosts });
  say(`booted ${[...machines.keys()].join(", ")}; load balancer, resolvers and servers listen (${since()})`);

  await Promise.all(plan.machines.map((machine) => runUserData(name, machine, machines.get(machine.host))));
  for (const target of plan.emulator.targets) await askEmulator(emulatorSocket(name), { register: target.name });
  say(`ran the user data of ${plan.machines.map(({ host }) => host).join(", ")} (${since()})`);
  await untilHealthy(name, plan, machines);
  say(`the load balancer finds its appliances healthy (${since()})`);
  return { name, loaded, plan, machines };
}

function assumptions({ wiring }: LabPlan): readonly string[] {
  return wiring.instances.filter(isAssumed).map(({ host, instance }) => `${host} is assumed: ${instance.address}`);
}

async function startMachines(name: string, plan: LabPlan): Promise<ReadonlyMap<string, Machine>> {
  const started = plan.machines.map(async ({ host, files, unitsOfThisMachine }) => {
    const directory = join(directoryOf(name), "machines", host);
    mkdirSync(directory, { recursive: true });
    const machine = await startMachine({
      ...{ directory, hostname: host, files, unitsOfThisMachine },
      networkNamespace: `/run/netns/${namespaceOf(name, host)}`,
      controlGroup: makeControlGroup(`${controlGroupOf(name)}/${host}`),
    });
    return [host, machine] as const;
  });
  return new Map(await Promise.all(started));
}

async function startServices(
  name: string,
  plan: LabPlan,
  files: { readonly certificate: string; readonly key: string; readonly storage: string },
): Promise<void> {
  const directory = directoryOf(name);
  const configuration = servicesOf(plan.wiring, {
    ...files,
    namespaceFile: (host) => `/run/netns/${namespaceOf(name, host)}`,
  });
  const file = join(directory, "services.json");
  writeFileSync(file, JSON.stringify(configuration));
  const log = startProcess(name, "services", node("tools/lab/services/main.ts", file));
  await untilReady("servers", log);
}

async function startEmulator(name: string, plan: LabPlan): Promise<void> {
  const directory = directoryOf(name);
  const [configuration, pins] = [join(directory, "emulator.json"), join(directory, "bpf")];
  writeFileSync(configuration, JSON.stringify(plan.emulator));
  mkdirSync(pins);
  execFileSync("mount", ["-t", "bpf", "bpf", pins]);
  const object = join(REPOSITORY, "tools/lab/gwlb/emulator.bpf.o");
  const command = node("tools/lab/gwlb/main.ts", configuration, object, pins, emulatorSocket(name));
  const log = startProcess(name, "emulator", [...inNamespace(name, GATEWAY_LOAD_BALANCER_HOST), ...command]);
  await untilReady("load balancer", log);
}

function startResolvers(name: string, plan: LabPlan): void {
  for (const { host, address, names } of plan.resolvers) {
    const answers = Object.entries(names).map(([domain, answer]) => `--address=/${domain}/${answer}`);
    startProcess(name, `resolver-${host}`, [
      ...inNamespace(name, host),
      "dnsmasq",
      ...["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--user=root", "--no-resolv", "--no-hosts"],
      ...["--bind-interfaces", "--except-interface=lo", `--listen-address=${address}`, ...answers],
    ]);
  }
}

/** As cloud-init does at the first boot, its output where cloud-init has it. */
async function runUserData(name: string, plan: MachinePlan, machine: Machine | undefined): Promise<void> {
  const { host, userDataFile } = plan;
  if (machine === undefined || userDataFile === undefined) return;
  const log = "/var/log/cloud-init-output.log";
  const group = makeControlGroup(`${controlGroupOf(name)}/exec`);
  const command = machine.inMachine(["sh", "-c", `${userDataFile} >${log} 2>&1`]);
  const [program, ...parameters] = inControlGroup(group, command);
  const child = spawn(program, parameters, { stdio: "ignore" });
  const [status, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  if (status !== 0) {
    const said = machine.exec("tail", "--lines=40", log).stdout;
    const end = signal === null ? `exit status ${String(status)}` : `${signal}: something ended it`;
    throw new Error(`lab: user data of ${host} failed, got ${end}; it said:\n${said}`);
  }
}

async function untilHealthy(
  name: string,
  { emulator: { healthCheck } }: LabPlan,
  machines: ReadonlyMap<string, Machine>,
): Promise<void> {
  const deadline = Date.now() + HEALTHY_TIMEOUT_MS;
  for (;;) {
    const { targets } = await askEmulator(emulatorSocket(name), { report: true });
    const [ill] = targets.filter(({ health }) => health.state !== "healthy");
    if (!ill) return;
    if (Date.now() > deadline) {
      const url = `http://127.0.0.1:${String(healthCheck.port)}${healthCheck.path}`;
      const said = machines.get(ill.name)?.exec("curl", "--silent", "--max-time", "2", url).stdout ?? "";
      throw new Error(
        `lab: ${ill.name} must become healthy, got ${ill.health.state}; ${url} says: ${said || "nothing"}`,
      );
    }
    await wait(50);
  }
}

const emulatorSocket = (name: string): string => join(directoryOf(name), "emulator.sock");

function node(program: string, ...parameters: string[]): string[] {
  return [process.execPath, "--import", "tsx", join(REPOSITORY, program), ...parameters];
}

/** Starts a process that ends with the lab. @returns the file of its output */
function startProcess(name: string, what: string, command: readonly string[]): string {
  const log = join(directoryOf(name), `${what}.log`);
  const output = openSync(log, "w");
  const [program, ...parameters] = inControlGroup(makeControlGroup(`${controlGroupOf(name)}/services`), command);
  spawn(program, parameters, { cwd: REPOSITORY, detached: true, stdio: ["ignore", output, output] }).unref();
  closeSync(output);
  return log;
}

async function untilReady(what: string, log: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const said = readFileSync(log, "utf8");
    if (said.includes('{"ready":true}')) return;
    if (/Error|lab: /.test(said) || Date.now() > deadline) {
      throw new Error(`lab: the ${what} did not start, got: ${said || "no output"}`);
    }
    await wait(20);
  }
}

function stopwatch(): () => string {
  let last = Date.now();
  return () => {
    const seconds = (Date.now() - last) / 1000;
    last = Date.now();
    return `${seconds.toFixed(1)} s`;
  };
}

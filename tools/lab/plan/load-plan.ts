import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Construct } from "constructs";
import { stringify } from "yaml";
import { Configuration } from "../../../stacks/configuration";
import type { ScenarioProps } from "../../../stacks/inspected-network";
import { loadConfiguration } from "../../../stacks/load-configuration";
import { parseConfiguration } from "../../../stacks/parse-configuration";
import { ensureAgentBundle } from "../../build-agent/ensure-agent-bundle";
import { offlinePlan } from "../../offline-plan/offline-plan";
import { isProgram, synthesizedProgram } from "../../offline-plan/synthesized-program";
import { readTopology } from "../../topology/read-topology";
import { Topology } from "../../topology/topology";
import { withAssumedClients } from "./assumed-clients";

type Scenario = new (scope: Construct, id: string, props: ScenarioProps) => unknown;

/** Loaded when they are asked for: cdktf takes half a second. */
const SCENARIOS: Readonly<Record<string, () => Promise<Scenario>>> = {
  "pass-through": async () => (await import("../../../stacks/pass-through")).PassThroughStack,
  "tc-filter": async () => (await import("../../../stacks/tc-filter")).TcFilterStack,
  "squid-bastion": async () => (await import("../../../stacks/squid-bastion")).SquidBastionStack,
};

/** Changes of the configuration: members of objects are merged, everything else is replaced. */
export type ConfigurationChange = {
  readonly [Name in keyof Configuration]?: Configuration[Name] extends readonly unknown[] | string
    ? Configuration[Name]
    : Partial<Configuration[Name]>;
};

/** A plan that a lab can be made of. */
export interface LoadedPlan {
  readonly topology: Topology;
  /** Text or file of every object that the plan puts into S3, by `<bucket>/<key>`. */
  readonly objects: ReadonlyMap<string, StoredContent>;
}

/** What an object in S3 has in it: a text, or what is in a file. */
export type StoredContent = { readonly content: string } | { readonly file: string };

/**
 * Synthesizes a scenario, or takes a folder of Terraform files, and plans it without AWS.
 *
 * @param target name of a scenario, or a folder: Terraform files, or a `main.ts` that synthesizes them
 * @param change of gwlb.yaml, or of what GWLB_CONFIG names; scenarios only
 * @param into an empty folder for what is synthesized
 * @throws Error when there is no such scenario or folder, or no plan of it
 */
export async function loadPlan(target: string, change: ConfigurationChange, into: string): Promise<LoadedPlan> {
  const directory = existsSync(target) ? await folder(resolve(target), into) : await synthesize(target, change, into);
  const { plan } = await offlinePlan(directory);
  const topology = withAssumedClients(readTopology(plan));
  const objects = topology.s3Objects.flatMap(({ bucket, key, content, source }): [string, StoredContent][] => {
    if (bucket === undefined || key === undefined) return [];
    if (content !== undefined) return [[`${bucket}/${key}`, { content }]];
    return source === undefined ? [] : [[`${bucket}/${key}`, { file: resolve(directory, source) }]];
  });
  return { topology, objects: new Map(objects) };
}

function folder(target: string, into: string): string | Promise<string> {
  return isProgram(target) ? synthesizedProgram(target, into) : target;
}

/** Only the one that is asked for: what fits one scenario can be wrong for another. */
async function synthesize(name: string, change: ConfigurationChange, into: string): Promise<string> {
  const load = SCENARIOS[name];
  if (!load) {
    const known = Object.keys(SCENARIOS).join(", ");
    throw new Error(`lab: neither a folder nor a scenario, got '${name}'; scenarios are ${known}`);
  }
  const [{ App }, Stack] = await Promise.all([import("cdktf"), load()]);
  const configuration = parseConfiguration("gwlb.yaml", stringify(merged(loadConfiguration(), change)));
  const app = new App({ outdir: into });
  new Stack(app, name, { configuration, archive: ensureAgentBundle() });
  app.synth();
  return join(into, "stacks", name);
}

function merged(base: Configuration, change: ConfigurationChange): object {
  const names = [...new Set([...Object.keys(base), ...Object.keys(change)])] as (keyof Configuration)[];
  return Object.fromEntries(
    names.map((name) => {
      const [old, fresh] = [base[name], change[name]];
      const isObject = typeof fresh === "object" && !Array.isArray(fresh);
      return [name, isObject ? { ...(old as object), ...fresh } : (fresh ?? old)];
    }),
  );
}

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { Configuration } from "../../../stacks/configuration";
import { loadConfiguration } from "../../../stacks/load-configuration";
import { offlinePlan } from "../../offline-plan/offline-plan";
import { readTopology } from "../../topology/read-topology";
import { Topology } from "../../topology/topology";

const REPOSITORY = resolve(__dirname, "../../..");

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
 * @param target name of a scenario, or a folder
 * @param change of gwlb.yaml, or of what GWLB_CONFIG names; scenarios only
 * @param into an empty folder for what is synthesized
 * @throws Error when there is no such scenario or folder, or no plan of it
 */
export async function loadPlan(target: string, change: ConfigurationChange, into: string): Promise<LoadedPlan> {
  const directory = existsSync(target) ? resolve(target) : await synthesize(target, change, into);
  const { plan } = await offlinePlan(directory);
  const topology = readTopology(plan);
  const objects = topology.s3Objects.flatMap(({ bucket, key, content, source }): [string, StoredContent][] => {
    if (bucket === undefined || key === undefined) return [];
    if (content !== undefined) return [[`${bucket}/${key}`, { content }]];
    return source === undefined ? [] : [[`${bucket}/${key}`, { file: resolve(directory, source) }]];
  });
  return { topology, objects: new Map(objects) };
}

async function synthesize(scenario: string, change: ConfigurationChange, into: string): Promise<string> {
  const file = join(into, "gwlb.yaml");
  mkdirSync(into, { recursive: true });
  writeFileSync(file, stringify(merged(loadConfiguration(), change)));
  await promisify(execFile)(process.execPath, ["--import", "tsx", "main.ts"], {
    cwd: REPOSITORY,
    env: { ...process.env, CDKTF_OUTDIR: into, GWLB_CONFIG: file },
  }).catch((error: unknown) => {
    const said = (error as { stderr?: string }).stderr ?? String(error);
    const reason = /^\w*Error: [^]*?(?=\n {4}at |$)/m.exec(said)?.[0] ?? said;
    throw new Error(`lab: synthesis failed\n${reason.trim()}`, { cause: error });
  });
  const directory = join(into, "stacks", scenario);
  if (existsSync(directory)) return directory;
  throw new Error(
    `lab: neither a folder nor a scenario, got '${scenario}'; scenarios are pass-through, squid-bastion, tc-filter`,
  );
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

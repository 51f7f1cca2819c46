import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { assumptionsBeside } from "./assumptions";
import { assumedValues, type AssumedValue } from "./assumed-values";
import { configurationTree, type ConfigurationTree, type MissingModule } from "./configuration/configuration-tree";
import { OfflinePlanError } from "./offline-plan-error";
import { OfflineSession, type SessionOptions } from "./offline-session";
import { hasUnknownValues, withCreations } from "./resolved-plan";
import { withScratchDirectory } from "./scratch-directory";
import { isProgram, synthesizedProgram } from "./synthesized-program";
import type { TerraformJson } from "./terraform/terraform-json";
import { userPath, workingCopy } from "./terraform/working-copy";

/** How a plan is made. */
export interface OfflinePlanOptions extends SessionOptions {
  /** Whether to make the plan with unknowns too, as `terraform plan` would show it. @default false */
  readonly normalPlan?: boolean;
}

/** A plan as `terraform plan` would make it, with unknowns. */
export interface NormalPlan {
  /** What `terraform plan` prints. */
  readonly text: string;
  readonly plan: TerraformJson;
  readonly assumedValues: readonly AssumedValue[];
  readonly warnings: readonly string[];
}

/** A plan that was made without AWS. */
export interface OfflinePlan {
  /** The resolved plan: ids are predicted, nothing is unknown. Never to be applied. */
  readonly plan: TerraformJson;
  /** On request. */
  readonly normalPlan?: NormalPlan;
  /** Answers of data sources that nothing but likelihood supports. */
  readonly assumedValues: readonly AssumedValue[];
  /** Terraform's warnings and this tool's own, ready to print. */
  readonly warnings: readonly string[];
}

/** What an apply into the offline providers showed. */
export interface OfflineApply {
  /** The state after the apply. */
  readonly state: TerraformJson;
  /** Addresses that a second plan would still change: none, when the configuration is settled. */
  readonly changedBySecondPlan: readonly string[];
  /** The state after the destroy. */
  readonly stateAfterDestroy: TerraformJson;
}

/**
 * Plans a directory of Terraform configuration with the real Terraform and no AWS access.
 *
 * Nothing is read from the network or from credentials, and nothing is written but a temporary copy and the schema cache.
 *
 * @param target a directory with Terraform files or with a `main.ts` that synthesizes them, or a synthesized `cdk.tf.json`
 * @throws OfflinePlanError when there is no plan to be had
 */
export function offlinePlan(target: string, options: OfflinePlanOptions = {}): Promise<OfflinePlan> {
  return withConfiguration(target, options, async (surroundings, options) => {
    let resolved = await OfflineSession.with(surroundings, options, "resolve", async (session) => {
      const plan = await session.plan(false);
      return { plan, assumedValues: assumedValues(plan, session.reads), warnings: session.warnings };
    });
    // A data source with `depends_on` waits for an apply: it is made, into the offline providers.
    if (hasUnknownValues(resolved.plan)) resolved = await planAfterApply(surroundings, options);
    if (!options.normalPlan) return resolved;
    return { ...resolved, normalPlan: await makeNormalPlan(surroundings, options) };
  });
}

/** The plan with unknowns, alone. @see {@link offlinePlan} */
export function normalPlan(target: string, options: SessionOptions = {}): Promise<NormalPlan> {
  return withConfiguration(target, options, makeNormalPlan);
}

/** Plans, applies, plans again and destroys, all in the offline providers. @see {@link offlinePlan} */
export function offlineApply(target: string, options: SessionOptions = {}): Promise<OfflineApply> {
  return withConfiguration(target, options, (surroundings, options) =>
    OfflineSession.with(surroundings, options, "apply", async (session) => {
      const state = await session.apply();
      const again = await session.plan(true);
      return { state, changedBySecondPlan: changedAddresses(again), stateAfterDestroy: await session.destroy() };
    }),
  );
}

interface Surroundings {
  readonly tree: ConfigurationTree;
  readonly copy: ReturnType<typeof workingCopy>;
  readonly scratch: string;
  readonly signal: AbortSignal;
}

function withConfiguration<T, Options extends SessionOptions>(
  target: string,
  options: Options,
  work: (surroundings: Surroundings, options: Options) => Promise<T>,
): Promise<T> {
  return withScratchDirectory(async (scratch, signal) => {
    const directory = rootModule(target);
    const root = isProgram(directory)
      ? realpathSync(await synthesizedProgram(directory, join(scratch, "synthesized"), signal))
      : directory;
    const tree = configurationTree(root);
    refuseUnplannable(target, tree);
    const surroundings = { tree, copy: workingCopy(tree, join(scratch, "tree")), scratch, signal };
    return work(surroundings, { ...options, assumptions: options.assumptions ?? assumptionsBeside(root) });
  });
}

function makeNormalPlan(surroundings: Surroundings, options: SessionOptions): Promise<NormalPlan> {
  return OfflineSession.with(surroundings, options, "show", async (session) => {
    const plan = await session.plan(false);
    const text = await session.planText();
    return { plan, text, assumedValues: assumedValues(plan, session.reads), warnings: session.warnings };
  });
}

function planAfterApply(surroundings: Surroundings, options: SessionOptions) {
  return OfflineSession.with(surroundings, options, "apply", async (session) => {
    await session.apply();
    const plan = withCreations(await session.plan(false));
    return { plan, assumedValues: assumedValues(plan, session.reads), warnings: [...new Set(session.warnings)] };
  });
}

function changedAddresses(plan: TerraformJson): string[] {
  const changes = (plan["resource_changes"] ?? []) as {
    address: string;
    mode: string;
    change: { actions: string[] };
  }[];
  return changes
    .filter((it) => it.mode === "managed" && it.change.actions.some((action) => action !== "no-op"))
    .map((it) => it.address);
}

function rootModule(target: string): string {
  if (!existsSync(target))
    throw new OfflinePlanError(
      "input",
      `${target}: no such file or directory; name a directory that holds *.tf or *.tf.json files`,
    );
  const path = realpathSync(target);
  if (statSync(path).isDirectory()) return path;
  if (!path.endsWith(".tf.json"))
    throw new OfflinePlanError(
      "input",
      `${target}: not a directory and not a cdk.tf.json; name the directory it is in`,
    );
  return dirname(path);
}

function refuseUnplannable(target: string, tree: ConfigurationTree): void {
  const root = tree.modules.get(tree.root);
  if (!root?.files.length)
    throw new OfflinePlanError(
      "input",
      `${target}: no *.tf or *.tf.json file in it; name the directory in which you would run 'terraform plan'`,
    );
  const linesOf = (modules: readonly MissingModule[]): string =>
    modules
      .map(({ call, file }) => `  ${userPath("/", file)}:${call.line}: module "${call.name}" from "${call.source}"`)
      .join("\n");
  if (tree.absent.length) {
    const isOurs = tree.absent.some(({ call }) => call.source.includes("dist/terraform-modules/"));
    throw new OfflinePlanError(
      "configuration",
      `${target}: no such directory for ${tree.absent.length === 1 ? "a module" : "modules"}:\n${linesOf(tree.absent)}\n` +
        (isOurs ? "run 'npm run build:modules', which writes dist/terraform-modules" : "correct the source"),
    );
  }
  if (!tree.missing.length) return;
  throw new OfflinePlanError(
    "configuration",
    `${target}: ${tree.missing.length === 1 ? "a module is" : "modules are"} not on this machine, and nothing is downloaded here:\n` +
      `${linesOf(tree.missing)}\n` +
      "run 'terraform init -backend=false' in that directory once, with network; its .terraform/modules are then used",
  );
}

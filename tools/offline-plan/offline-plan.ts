import { existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { NO_ASSUMPTIONS, type Assumptions } from "./assumptions";
import { configurationTree, type ConfigurationTree } from "./configuration/configuration-tree";
import { BUILT_IN_PROVIDER, usedProviders } from "./configuration/used-providers";
import { OfflinePlanError } from "./offline-plan-error";
import { offlineProvider } from "./offline-providers";
import type { DataRead } from "./protocol/provider-service";
import { serveProvider } from "./protocol/provider-server";
import { withScratchDirectory } from "./scratch-directory";
import { formatDiagnostic, terraformDiagnostics, type TerraformDiagnostic } from "./terraform/terraform-diagnostic";
import { terraformEnvironment } from "./terraform/terraform-environment";
import { TerraformProcess, type TerraformResult } from "./terraform/terraform-process";
import { userPath, workingCopy, type WorkingCopy } from "./terraform/working-copy";

/** How a plan is made. */
export interface OfflinePlanOptions {
  /** As `-var` takes them, `name=value`. @default - none */
  readonly variables?: readonly string[];
  /** As `-var-file` takes them; relative paths are the caller's. @default - none */
  readonly variableFiles?: readonly string[];
  /** What data sources find. @default - something likely, listed in `assumedValues` */
  readonly assumptions?: Assumptions;
  /** Whether to make the plan with unknowns too, as `terraform plan` would show it. @default false */
  readonly normalPlan?: boolean;
  /** Called with what is being done. @default - nobody is told */
  readonly onProgress?: (step: string) => void;
  /** @default "terraform", from PATH */
  readonly terraform?: string;
  /** Where extracted schemas are kept; it may be deleted at any time. @default - `.cache/offline-plan` of this repository */
  readonly cacheDirectory?: string;
}

/** A data source's answer that nothing but likelihood supports. */
export interface AssumedValue {
  /** `data.aws_ami.ubuntu`, `module.vpc.data.aws_availability_zones.all`; the type alone when it cannot be told. */
  readonly address: string;
  readonly type: string;
  /** What was asked, without what was left out. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What was answered. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** A plan that was made without AWS. */
export interface OfflinePlan {
  /** `terraform show -json` of the resolved plan: ids are predicted, nothing is unknown. Never to be applied. */
  readonly plan: Readonly<Record<string, unknown>>;
  /** The plan as `terraform plan` would show it, with unknowns; on request. */
  readonly normalPlan?: { readonly text: string; readonly plan: Readonly<Record<string, unknown>> };
  readonly assumedValues: readonly AssumedValue[];
  /** Terraform's warnings and this tool's own, ready to print. */
  readonly warnings: readonly string[];
}

/**
 * Plans a directory of Terraform configuration with the real Terraform and no AWS access.
 *
 * Nothing is read from the network or from credentials, and nothing is written but a temporary copy and the schema cache.
 *
 * @param target a directory, or a synthesized `cdk.tf.json`
 * @throws OfflinePlanError when there is no plan to be had
 */
export async function offlinePlan(target: string, options: OfflinePlanOptions = {}): Promise<OfflinePlan> {
  return withScratchDirectory(async (scratch, signal) => {
    const tree = configurationTree(rootModule(target));
    refuseMissingModules(tree);
    const run = new OfflineRun(tree, scratch, signal, options);
    const resolved = await run.plan(true);
    const normal = options.normalPlan ? await run.plan(false) : undefined;
    return {
      plan: resolved.plan,
      ...(normal ? { normalPlan: { plan: normal.plan, text: normal.text } } : {}),
      assumedValues: resolved.assumedValues,
      warnings: resolved.warnings,
    };
  });
}

function rootModule(target: string): string {
  if (!existsSync(target))
    throw new OfflinePlanError(
      "input",
      `${target}: no such file or directory; name a directory with *.tf or *.tf.json files`,
    );
  const path = realpathSync(target);
  return statSync(path).isDirectory() ? path : dirname(path);
}

function refuseMissingModules(tree: ConfigurationTree): void {
  if (!tree.missing.length) return;
  const lines = tree.missing.map(
    ({ call, file }) => `  ${userPath("/", file)}:${call.line}: module "${call.name}" from ${call.source}`,
  );
  throw new OfflinePlanError(
    "configuration",
    `${tree.root}: ${tree.missing.length} module(s) are not on this machine, and an offline plan downloads nothing:\n` +
      `${lines.join("\n")}\nrun 'terraform init' there once, with network; its .terraform/modules are then used`,
  );
}

interface MadePlan {
  readonly plan: Record<string, unknown>;
  readonly text: string;
  readonly assumedValues: readonly AssumedValue[];
  readonly warnings: readonly string[];
}

class OfflineRun {
  private readonly copy: WorkingCopy;

  constructor(
    private readonly tree: ConfigurationTree,
    private readonly scratch: string,
    private readonly signal: AbortSignal,
    private readonly options: OfflinePlanOptions,
  ) {
    this.copy = workingCopy(tree, join(scratch, "tree"));
  }

  async plan(resolve_: boolean): Promise<MadePlan> {
    const reads: DataRead[] = [];
    const warnings: string[] = [];
    const used = usedProviders(this.tree);
    const reattach: Record<string, object> = {};
    const servers = [];
    for (const provider of used) {
      if (provider.address === BUILT_IN_PROVIDER && !resolve_) continue;
      const made = offlineProvider(provider, {
        assumptions: this.options.assumptions ?? NO_ASSUMPTIONS,
        cacheDirectory: this.options.cacheDirectory ?? join(__dirname, "../../.cache/offline-plan"),
        workingDirectory: this.copy.directory,
        original: this.copy.original,
        configurationText: [...this.tree.modules.values()].flatMap((it) => it.files.map((f) => f.text)).join("\n"),
      });
      if (!made.isKnown) warnings.push(`provider ${provider.address}: not known offline`);
      const server = await serveProvider(made.behaviour, resolve_, (read) => reads.push(read));
      servers.push(server);
      reattach[provider.address] = server.reattach;
    }
    const empty = join(this.scratch, "terraform.rc");
    writeFileSync(empty, "");
    mkdirSync(join(this.scratch, "plans"), { recursive: true });
    const planFile = join(this.scratch, "plans", resolve_ ? "resolved" : "normal");
    const terraform = new TerraformProcess(
      this.options.terraform ?? "terraform",
      this.copy.directory,
      terraformEnvironment(process.env, reattach, empty),
      this.signal,
    );
    const t0 = Date.now();
    const time = (w: string) => process.env["OP_TIME"] && process.stderr.write(`${w} ${Date.now() - t0}\n`);
    this.options.onProgress?.("terraform init");
    this.accept(await terraform.run("init", "-input=false", "-no-color", "-json"), warnings);
    time("init");
    this.options.onProgress?.("terraform plan");
    const variables = [
      ...(this.options.variables ?? []).map((it) => `-var=${it}`),
      ...(this.options.variableFiles ?? []).map((it) => `-var-file=${resolve(it)}`),
    ];
    this.accept(
      await terraform.run("plan", "-input=false", "-json", "-refresh=false", `-out=${planFile}`, ...variables),
      warnings,
    );
    time("plan");
    const shown = await terraform.run("show", "-json", "-no-color", planFile);
    time("show");
    if (shown.exitCode !== 0) throw new OfflinePlanError("terraform", shown.stderr);
    const text = resolve_ ? "" : (await terraform.run("show", "-no-color", planFile)).stdout;
    servers.forEach((it) => {
      it.stop();
    });
    return {
      plan: JSON.parse(this.copy.original(shown.stdout)) as Record<string, unknown>,
      text: this.copy.original(text),
      assumedValues: reads
        .filter((it) => !it.derived)
        .map(({ type, config, values }) => ({ address: `data.${type}`, type, config, values })),
      warnings,
    };
  }

  private accept(result: TerraformResult, warnings: string[]): void {
    const diagnostics = terraformDiagnostics(result.stdout);
    const format = (it: TerraformDiagnostic) =>
      this.copy.original(formatDiagnostic(it, (file) => userPath(this.tree.root, file)));
    if (result.exitCode !== 0) {
      const errors = diagnostics.filter((it) => it.severity === "error");
      const text = errors.length ? errors.map(format).join("\n\n") : this.copy.original(result.stderr || result.stdout);
      throw new OfflinePlanError("configuration", text.trim(), errors);
    }
    warnings.push(...diagnostics.filter((it) => it.severity === "warning").map(format));
  }
}

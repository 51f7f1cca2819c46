import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { NO_ASSUMPTIONS, type Assumptions } from "./assumptions";
import type { ConfigurationTree } from "./configuration/configuration-tree";
import { usedProviders } from "./configuration/used-providers";
import { OfflinePlanError } from "./offline-plan-error";
import { offlineProvider } from "./offline-providers";
import type { DataRead } from "./protocol/provider-service";
import {
  NOT_ADDRESSED,
  withAddresses,
  withoutAddresses,
  writeAddresses,
  type AddressedCopy,
} from "./resource-addresses";
import { serveProvider, type ServedProvider } from "./protocol/provider-server";
import {
  formatDiagnostic,
  terraformDiagnostics,
  withOriginalLines,
  type TerraformDiagnostic,
} from "./terraform/terraform-diagnostic";
import { terraformEnvironment } from "./terraform/terraform-environment";
import type { TerraformJson } from "./terraform/terraform-json";
import { TerraformProcess, type TerraformResult } from "./terraform/terraform-process";
import { requireTerraform } from "./terraform/terraform-version";
import { userPath, type WorkingCopy } from "./terraform/working-copy";

/** How Terraform is run. */
export interface SessionOptions {
  /** As `-var` takes them, `name=value`. @default - none */
  readonly variables?: readonly string[];
  /** As `-var-file` takes them; relative paths are the caller's. @default - none */
  readonly variableFiles?: readonly string[];
  /** What data sources find. @default - what `gwlb-assume.json` in the directory says, else something likely; listed in `assumedValues` */
  readonly assumptions?: Assumptions;
  /** Called with what is being done. @default - nobody is told */
  readonly onProgress?: (step: string) => void;
  /** The executable. @default "terraform", from PATH */
  readonly terraform?: string;
  /** Where extracted schemas are kept; it may be deleted at any time. @default - `.cache/offline-plan` of this repository */
  readonly cacheDirectory?: string;
}

/** One directory, its offline providers, and the Terraform that is attached to them. */
export class OfflineSession {
  /** Terraform's warnings and this tool's own, ready to print. */
  readonly warnings: string[] = [];
  /** Every data source that was answered. */
  readonly reads: DataRead[] = [];

  private addresses: AddressedCopy = NOT_ADDRESSED;

  private constructor(
    private readonly tree: ConfigurationTree,
    private readonly copy: WorkingCopy,
    private readonly scratch: string,
    private readonly options: SessionOptions,
    private readonly terraform: TerraformProcess,
  ) {}

  /**
   * Serves the providers for as long as `work` takes.
   *
   * @param purpose `resolve`: creations are planned with predicted values, and such plans are never applied; `apply`: as
   * Terraform would, for a state with the same ids in every run; `show`: as Terraform would, for people
   */
  static async with<T>(
    surroundings: { tree: ConfigurationTree; copy: WorkingCopy; scratch: string; signal: AbortSignal },
    options: SessionOptions,
    purpose: "resolve" | "apply" | "show",
    work: (session: OfflineSession) => Promise<T>,
  ): Promise<T> {
    const { tree, copy, scratch, signal } = surroundings;
    const servers: ServedProvider[] = [];
    const reattach: Record<string, object> = {};
    const environment = () => terraformEnvironment(process.env, reattach, emptyFile(scratch));
    const terraform = new TerraformProcess(options.terraform ?? "terraform", copy.directory, environment, signal);
    const session = new OfflineSession(tree, copy, scratch, options, terraform);
    options.onProgress?.("reading provider schemas");
    const checked = requireTerraform(terraform, options.terraform ?? "terraform");
    // Awaited below, after work that needs no Terraform: until then its failure has nobody to catch it.
    checked.catch(() => undefined);
    const addressed = purpose !== "show";
    if (addressed) session.addresses = writeAddresses(tree, copy.place);
    try {
      for (const used of usedProviders(tree)) {
        const provider = offlineProvider(used, {
          assumptions: options.assumptions ?? NO_ASSUMPTIONS,
          cacheDirectory: options.cacheDirectory ?? join(__dirname, "../../.cache/offline-plan"),
          workingDirectory: copy.directory,
          original: copy.original,
          configurationText: tree.text,
        });
        session.warnings.push(...provider.warnings);
        const { schema } = provider.behaviour;
        const behaviour = { ...provider.behaviour, schema: addressed ? withAddresses(schema) : schema };
        const server = await serveProvider(behaviour, purpose === "resolve", (read) => session.reads.push(read));
        servers.push(server);
        reattach[used.address] = server.reattach;
      }
      await checked;
      return await work(session);
    } finally {
      session.addresses.takeAway();
      // An apply leaves a state: the next session plans a creation again.
      for (const state of ["terraform.tfstate", "terraform.tfstate.backup"])
        rmSync(join(copy.directory, state), { force: true });
      servers.forEach((it) => {
        it.stop();
      });
    }
  }

  /** Plans, and returns what `terraform show -json` says of it. @param refresh whether existing resources are read first */
  async plan(refresh: boolean): Promise<TerraformJson> {
    this.options.onProgress?.("terraform plan");
    const flags = ["-input=false", "-json", `-refresh=${refresh}`, `-out=${this.planFile()}`];
    this.accept(await this.terraform.run("plan", ...flags, ...this.variables()));
    this.options.onProgress?.("terraform show");
    return this.show(this.planFile());
  }

  /** The plan that was made last, as `terraform plan` prints it. */
  async planText(): Promise<string> {
    const shown = await this.terraform.run("show", "-no-color", this.planFile());
    this.accept(shown);
    return this.copy.original(shown.stdout);
  }

  /** Creates everything in the offline providers, and returns `terraform show -json` of the state. */
  async apply(): Promise<TerraformJson> {
    this.options.onProgress?.("terraform apply");
    this.accept(await this.terraform.run("apply", "-input=false", "-json", "-auto-approve", ...this.variables()));
    return this.show();
  }

  /** Destroys everything, and returns `terraform show -json` of the state that is left. */
  async destroy(): Promise<TerraformJson> {
    this.options.onProgress?.("terraform destroy");
    this.accept(await this.terraform.run("destroy", "-input=false", "-json", "-auto-approve", ...this.variables()));
    return this.show();
  }

  private variables(): string[] {
    return [
      ...(this.options.variables ?? []).map((it) => `-var=${it}`),
      ...(this.options.variableFiles ?? []).map((it) => `-var-file=${resolve(it)}`),
    ];
  }

  private async show(...file: string[]): Promise<TerraformJson> {
    const shown = await this.terraform.run("show", "-json", ...file);
    this.accept(shown);
    return withoutAddresses(this.copy.original(shown.stdout)) as TerraformJson;
  }

  /** A refusal may come from an answer that was only assumed. */
  private assumedSoFar(): string[] {
    const types = [...new Set(this.reads.filter((it) => !it.derived).map((it) => `data.${it.type}`))].sort();
    return types.length ? [`assumed on the way, and settable with --assume FILE: ${types.join(", ")}`] : [];
  }

  private planFile(): string {
    return join(this.scratch, "plan");
  }

  private accept(result: TerraformResult): void {
    const diagnostics = terraformDiagnostics(result.stdout).map((it) =>
      withOriginalLines(it, (file, line) => this.addresses.originalLine(resolve(this.tree.root, file), line)),
    );
    const format = (it: TerraformDiagnostic) =>
      this.copy.original(formatDiagnostic(it, (file) => userPath(this.tree.root, file)));
    if (result.exitCode !== 0) {
      const errors = diagnostics.filter((it) => it.severity === "error");
      const said = errors.length ? errors.map(format).join("\n\n") : this.copy.original(result.stderr || result.stdout);
      throw new OfflinePlanError(
        "configuration",
        [said.trim(), ...missingVariables(errors), ...this.assumedSoFar()].join("\n\n"),
        errors,
      );
    }
    this.warnings.push(...diagnostics.filter((it) => it.severity === "warning").map(format));
  }
}

/** How to give the variables that have no value, and why the environment does not. */
function missingVariables(errors: readonly TerraformDiagnostic[]): string[] {
  const names = errors
    .filter((it) => it.summary === "No value for required variable")
    .map((it) => /input variable "([^"]+)"/.exec(it.detail)?.[1])
    .filter((it) => it !== undefined)
    .sort();
  if (!names.length) return [];
  const fromEnvironment = names.some((name) => process.env[`TF_VAR_${name}`] !== undefined);
  const hint = `give them with ${names.map((name) => `-var '${name}=...'`).join(" ")} or -var-file FILE`;
  return [fromEnvironment ? `${hint}; TF_VAR_* of the environment is not passed on` : hint];
}

function emptyFile(scratch: string): string {
  mkdirSync(scratch, { recursive: true });
  const file = join(scratch, "terraform.rc");
  writeFileSync(file, "");
  return file;
}

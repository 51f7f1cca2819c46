import type { CtyObject, CtyValue } from "../protocol/cty-value";
import type { ProviderDiagnostic } from "../protocol/diagnostic";
import type { Block, CtyType, Mode, ProviderSchema } from "../schema/schema";
import type { Prediction } from "./completed-state";

/** One provider configuration, `provider "aws" { alias = ... }`, as its behaviour needs it. */
export type ProviderSettings = Readonly<Record<string, CtyValue>>;

/** What a data source answers. */
export interface DataAnswer {
  /** By attribute; what is left out and computed gets a plausible value. */
  readonly values: CtyObject;
  /** True when the answer follows from the configuration alone, so that nothing about the world is assumed. */
  readonly derived?: boolean;
  readonly diagnostics?: readonly ProviderDiagnostic[];
}

/** A function of a provider, `provider::aws::arn_parse`. */
export interface ProviderFunction {
  readonly parameters: readonly { readonly name: string; readonly type: CtyType }[];
  readonly returns: CtyType;
  /** @throws Error when an argument is not accepted; the message is shown */
  readonly call: (...values: CtyValue[]) => CtyValue;
}

/** What a provider does beyond its schema. Everything is deterministic, and nothing outside the process changes. */
export interface ProviderBehaviour {
  /** Address, `registry.terraform.io/hashicorp/aws`. */
  readonly address: string;
  readonly schema: ProviderSchema;
  /** What a module may say in `terraform { provider_meta "..." {} }`. @default - the block is refused */
  readonly moduleMetadata?: Block;
  readonly functions?: Readonly<Record<string, ProviderFunction>>;
  configure(config: CtyObject): { settings: ProviderSettings; diagnostics: readonly ProviderDiagnostic[] };
  /** What a value of this type may not hold, beyond the schema. */
  validate(mode: Mode, type: string, config: CtyObject): readonly ProviderDiagnostic[];
  /** Arguments whose values Terraform hides. */
  sensitive(mode: Mode, type: string): ReadonlySet<string>;
  /** Values of arguments that are left out. */
  defaults(type: string): CtyObject;
  /** Arguments whose change means a new resource. */
  forceNew(type: string): readonly string[];
  /** Computed attributes known before creation: `region`, `tags_all`. */
  known(type: string, config: CtyObject, prior: CtyObject | null, settings: ProviderSettings): CtyObject;
  /** What the computed attributes will be once the resource exists. Called once for each resource. */
  predict(type: string, planned: CtyObject, settings: ProviderSettings): Prediction;
  /** A resource exists: data sources and other resources may now read it. */
  remember(type: string, state: CtyObject): void;
  /** A resource is gone. */
  forget(type: string, state: CtyObject): void;
  read(type: string, config: CtyObject, settings: ProviderSettings): DataAnswer;
}

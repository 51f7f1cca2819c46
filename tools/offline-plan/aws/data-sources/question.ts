import type { ProviderSettings } from "../../planning/provider-behaviour";
import type { CtyObject } from "../../protocol/cty-value";
import type { AwsWorld } from "../aws-world";

/** A data source that asks. */
export interface Question {
  readonly type: string;
  readonly config: CtyObject;
  readonly region: string;
  readonly world: AwsWorld;
  readonly settings: ProviderSettings;
}

/** Attributes that a data source answers. */
export type Answerer = (question: Question) => CtyObject;

/** Answers by data source type. */
export type Answers = Readonly<Record<string, Answerer>>;

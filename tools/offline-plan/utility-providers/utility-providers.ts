import { plainBehaviour } from "../planning/plain-behaviour";
import type { ProviderBehaviour } from "../planning/provider-behaviour";
import type { ProviderSchema } from "../schema/schema";

/** What a utility provider may know of the run. */
export interface UtilitySurroundings {
  /** Terraform's working directory, against which relative paths are meant. */
  readonly workingDirectory: string;
}

/** Makes the behaviour of one provider. */
export type UtilityProvider = (
  address: string,
  schema: ProviderSchema,
  surroundings: UtilitySurroundings,
) => ProviderBehaviour;

/** By name in the `hashicorp` namespace. */
export const UTILITY_PROVIDERS: Readonly<Record<string, UtilityProvider>> = {
  null: plainBehaviour,
};

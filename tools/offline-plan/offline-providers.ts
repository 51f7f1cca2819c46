import { awsProvider } from "./aws/aws-provider";
import { AwsWorld } from "./aws/aws-world";
import type { Assumptions } from "./assumptions";
import { BUILT_IN_PROVIDER, type UsedProvider } from "./configuration/used-providers";
import type { ProviderBehaviour } from "./planning/provider-behaviour";
import { SchemaCache } from "./schema/schema-cache";
import type { Block, Mode, ProviderSchema } from "./schema/schema";
import { builtInProvider } from "./utility-providers/built-in-provider";
import { UTILITY_PROVIDERS } from "./utility-providers/utility-providers";
import { unknownProvider } from "./unknown-provider";

/** What the providers of one run share. */
export interface OfflineSurroundings {
  readonly assumptions: Assumptions;
  readonly cacheDirectory: string;
  /** Absolute directory of the root module's copy, and its paths as the user knows them. */
  readonly workingDirectory: string;
  readonly original: (text: string) => string;
  /** Text of every configuration file, in which references to unknown types are looked up. */
  readonly configurationText: string;
}

/** A provider that is ready to be served, and whether its types are checked against a schema. */
export interface OfflineProvider {
  readonly behaviour: ProviderBehaviour;
  readonly isKnown: boolean;
  /** Version whose schema is served, where there is one. */
  readonly version?: string;
}

/** The offline provider for each one that a configuration uses. */
export function offlineProvider(used: UsedProvider, surroundings: OfflineSurroundings): OfflineProvider {
  const name = /^registry\.(?:terraform\.io|opentofu\.org)\/hashicorp\/(\w+)$/.exec(used.address)?.[1];
  if (used.address === BUILT_IN_PROVIDER)
    return { behaviour: builtInProvider(surroundings.assumptions), isKnown: true };
  const utility = name === undefined ? undefined : UTILITY_PROVIDERS[name];
  if (name !== undefined && (name === "aws" || utility)) {
    const cache = new SchemaCache(name, surroundings.cacheDirectory);
    const schema = usedSchema(used, cache);
    const behaviour =
      utility?.(used.address, schema, surroundings) ??
      awsProvider(
        used.address,
        schema,
        new AwsWorld(surroundings.assumptions.account, surroundings.original),
        surroundings.assumptions,
      );
    return { behaviour, isKnown: true, version: cache.providerVersion };
  }
  return { behaviour: unknownProvider(used, surroundings.configurationText), isKnown: false };
}

function usedSchema(used: UsedProvider, cache: SchemaCache): ProviderSchema {
  const pick = (mode: Mode) => {
    const types = new Set(used.resources.filter((it) => it.mode === mode).map((it) => it.type));
    return new Map(
      [...types].map((type) => [type, cache.type(mode, type)] as const).filter((it): it is [string, Block] => !!it[1]),
    );
  };
  return { provider: cache.provider(), resource: pick("resource"), data: pick("data") };
}

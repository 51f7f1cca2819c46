import { awsProvider } from "./aws/aws-provider";
import { AwsWorld } from "./aws/aws-world";
import type { Assumptions } from "./assumptions";
import { BUILT_IN_PROVIDER, type UsedProvider } from "./configuration/used-providers";
import { Numbering } from "./planning/numbering";
import type { ProviderBehaviour } from "./planning/provider-behaviour";
import { SchemaCache } from "./schema/schema-cache";
import type { Block, Mode, ProviderSchema } from "./schema/schema";
import { builtInProvider } from "./utility-providers/built-in-provider";
import { UTILITY_PROVIDERS } from "./utility-providers/utility-providers";
import { utilityProvider } from "./utility-providers/utility-rules";
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

/** A provider that is ready to be served. */
export interface OfflineProvider {
  readonly behaviour: ProviderBehaviour;
  /** What the user must know about it. */
  readonly warnings: readonly string[];
}

/** The offline provider for each one that a configuration uses. */
export function offlineProvider(used: UsedProvider, surroundings: OfflineSurroundings): OfflineProvider {
  const name = /^registry\.(?:terraform\.io|opentofu\.org)\/hashicorp\/(\w+)$/.exec(used.address)?.[1];
  if (used.address === BUILT_IN_PROVIDER) return { behaviour: builtInProvider(surroundings.assumptions), warnings: [] };
  const utility = name === undefined ? undefined : UTILITY_PROVIDERS[name];
  if (name !== undefined && (name === "aws" || utility)) {
    const cache = new SchemaCache(name, surroundings.cacheDirectory);
    const schema = usedSchema(used, cache);
    const world = () => new AwsWorld(surroundings.assumptions.account, new Numbering(surroundings.original));
    const behaviour = utility
      ? utilityProvider(used.address, schema, utility, surroundings)
      : awsProvider(used.address, schema, world(), surroundings.assumptions);
    return { behaviour, warnings: versionWarnings(used, cache.provider().providerVersion) };
  }
  const types = [...new Set(used.resources.map((it) => it.type))].sort();
  const warning =
    `Warning: ${used.address} is not served offline` +
    (types.length ? `: ${types.join(", ")} ${types.length === 1 ? "is" : "are"} taken as written, unchecked` : "");
  return { behaviour: unknownProvider(used, surroundings.configurationText), warnings: [warning] };
}

/** A directory that was written for another major version may use arguments that this one does not have. */
function versionWarnings(used: UsedProvider, version: string): string[] {
  const major = Number(version.split(".")[0]);
  return [...new Set(used.constraints)]
    .filter((it) => !allowsMajor(it, major))
    .map(
      (it) =>
        `Warning: the configuration asks for ${used.address} "${it}"; it is planned with the schema of ${version}`,
    );
}

function allowsMajor(constraint: string, major: number): boolean {
  return constraint.split(",").every((part) => {
    const [, operator = "=", digits = "", rest = ""] = /^\s*([!<>=~]*)\s*v?(\d+)([\d.]*)/.exec(part) ?? [];
    if (!digits) return true;
    const asked = Number(digits);
    if (operator === "~>") return rest === "" ? major >= asked : major === asked;
    if (operator === ">=" || operator === ">") return major >= asked;
    if (operator === "<" || operator === "<=")
      return operator === "<" && !/[1-9]/.test(rest) ? major < asked : major <= asked;
    return operator === "!=" || asked === major;
  });
}

function usedSchema(used: UsedProvider, cache: SchemaCache): ProviderSchema {
  const pick = (mode: Mode) => {
    const types = new Set(used.resources.filter((it) => it.mode === mode).map((it) => it.type));
    return new Map(
      [...types].map((type) => [type, cache.type(mode, type)] as const).filter((it): it is [string, Block] => !!it[1]),
    );
  };
  return { provider: cache.provider().block, resource: pick("resource"), data: pick("data") };
}

import { hasUnknown, isObject, UNKNOWN, type CtyObject, type CtyValue } from "../protocol/cty-value";
import { providerError, type ProviderDiagnostic } from "../protocol/diagnostic";
import { plainBehaviour } from "../planning/plain-behaviour";
import type { ProviderBehaviour, ProviderSettings } from "../planning/provider-behaviour";
import type { Block, ProviderSchema } from "../schema/schema";
import type { AwsWorld } from "./aws-world";
import { predictedValues } from "./predictions/predicted-values";
import { dataAnswer, type AssumedData } from "./data-sources/data-answer";
import { DEFAULTS } from "./tables/defaults";
import { FORCE_NEW } from "./tables/force-new";
import { SENSITIVE } from "./tables/sensitive";
import { configurationFaults } from "./configuration-faults";
import { AWS_FUNCTIONS } from "./aws-functions";

/** Where a directory that names no region is planned. */
export const ASSUMED_REGION = "eu-west-1";

/**
 * `provider_meta "aws"`: products that a module adds to the provider's User-Agent; nothing depends on it here.
 *
 * @see https://hashicorp.github.io/terraform-provider-aws/design-decisions/provider_meta
 */
const MODULE_METADATA: Block = {
  attributes: { user_agent: { type: ["list", "string"], optional: true } },
  blocks: {},
};

/** The AWS provider, with no AWS behind it. */
export function awsProvider(
  address: string,
  schema: ProviderSchema,
  world: AwsWorld,
  assumed: AssumedData & { readonly region?: string },
): ProviderBehaviour {
  return {
    ...plainBehaviour(address, schema),
    moduleMetadata: MODULE_METADATA,
    functions: AWS_FUNCTIONS,
    configure(config) {
      const region = typeof config["region"] === "string" ? config["region"] : undefined;
      return {
        settings: { region: region ?? assumed.region ?? ASSUMED_REGION, tags: defaultTags(config) },
        diagnostics: regionDiagnostics(region ?? assumed.region),
      };
    },
    validate: (mode, type, config) => (mode === "resource" ? configurationFaults(type, config) : []),
    sensitive: (mode, type) => new Set(SENSITIVE[mode === "data" ? `data.${type}` : type]),
    defaults: (type) => DEFAULTS[type]?.values ?? {},
    forceNew: (type) => ["region", ...(FORCE_NEW[type]?.arguments ?? [])],
    known(type, config, prior, settings) {
      const attributes = schema.resource.get(type)?.attributes ?? {};
      return {
        ...(attributes["region"]?.computed ? { region: settings["region"] ?? null } : {}),
        ...(attributes["tags_all"] ? { tags_all: allTags(config, prior, settings) } : {}),
      };
    },
    predict(type, planned, settings) {
      const number = world.numbering.next(type, planned);
      const region = typeof planned["region"] === "string" ? planned["region"] : String(settings["region"]);
      return { values: predictedValues({ type, planned, region, number, world }), fingerprint: number };
    },
    remember: (type, state) => {
      world.remember(type, state);
    },
    forget: (type, state) => {
      world.forget(type, state);
    },
    read: (type, config, settings) =>
      dataAnswer({ type, config, region: regionOf(config, settings), world, settings }, assumed),
  };
}

function regionOf(config: CtyObject, settings: ProviderSettings): string {
  const own = config["region"];
  return typeof own === "string" ? own : String(settings["region"] ?? ASSUMED_REGION);
}

function defaultTags(config: CtyObject): CtyObject {
  const blocks = Array.isArray(config["default_tags"]) ? config["default_tags"] : [];
  return Object.assign(
    {},
    ...blocks.filter(isObject).map((it) => (isObject(it["tags"]) ? it["tags"] : {})),
  ) as CtyObject;
}

/** `tags_all` is what the provider's `default_tags` and the resource's `tags` come to. */
function allTags(config: CtyObject, prior: CtyObject | null, settings: ProviderSettings): CtyValue {
  const own = config["tags"] ?? null;
  const common = isObject(settings["tags"]) ? settings["tags"] : {};
  if (hasUnknown(own) || hasUnknown(common)) return UNKNOWN;
  const all = { ...common, ...(isObject(own) ? own : {}) };
  if (Object.keys(all).length === 0 && prior) return prior["tags_all"] ?? {};
  return all;
}

function regionDiagnostics(region: string | undefined): ProviderDiagnostic[] {
  if (region === undefined)
    return [
      {
        severity: "WARNING",
        summary: "No region configured",
        detail: `The offline plan assumes ${ASSUMED_REGION}; the real provider needs a region here or in AWS_REGION.`,
      },
    ];
  if (/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) return [];
  return [
    providerError("Invalid AWS Region", `"${region}" is not an AWS region; write one such as "eu-west-1".`, ["region"]),
  ];
}

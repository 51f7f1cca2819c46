import { UNKNOWN, Unknown, isObject, type CtyObject, type CtyValue } from "../protocol/cty-value";
import type { Block, NestedBlock } from "../schema/schema";

/** What Terraform asks a provider to plan. */
export interface ProposedChange {
  /** State before, null when the resource is to be created. */
  readonly prior: CtyObject | null;
  /** Terraform's merge of the configuration and the prior state. */
  readonly proposed: CtyObject;
  readonly config: CtyObject;
}

/** What the provider knows beyond the schema. */
export interface PlanKnowledge {
  /** Computed attributes whose values are known before the resource exists, by name. */
  readonly known: CtyObject;
  /** Arguments that get a value when they are left out, by name. */
  readonly defaults: CtyObject;
}

/**
 * The state that a change would lead to: what is computed and not configured is unknown on creation, and stays as it
 * was on update; what is left out gets its default.
 */
export function plannedState(block: Block, change: ProposedChange, knowledge: PlanKnowledge): CtyObject {
  return planBlock(block, change.prior, change.proposed, change.config, knowledge);
}

const NOTHING: PlanKnowledge = { known: {}, defaults: {} };

function planBlock(
  block: Block,
  prior: CtyValue | undefined,
  proposed: CtyObject,
  config: CtyValue | undefined,
  { known, defaults }: PlanKnowledge,
): CtyObject {
  const planned: CtyObject = {};
  for (const [name, attribute] of Object.entries(block.attributes)) {
    const configured = isObject(config) ? (config[name] ?? null) : null;
    const offered = proposed[name] ?? null;
    if (attribute.writeOnly) planned[name] = null;
    else if (configured !== null) planned[name] = offered;
    else if (Object.hasOwn(known, name)) planned[name] = known[name] ?? null;
    else if (Object.hasOwn(defaults, name)) planned[name] = defaults[name] ?? null;
    else if (!attribute.computed) planned[name] = offered;
    else planned[name] = isObject(prior) ? offered : UNKNOWN;
  }
  for (const [name, nested] of Object.entries(block.blocks))
    planned[name] = planNested(
      nested,
      isObject(prior) ? prior[name] : undefined,
      proposed[name] ?? null,
      isObject(config) ? config[name] : undefined,
    );
  return planned;
}

function planNested(
  nested: NestedBlock,
  prior: CtyValue | undefined,
  proposed: CtyValue,
  config: CtyValue | undefined,
) {
  if (proposed === null || proposed instanceof Unknown) return proposed;
  const one = (value: CtyValue, before: CtyValue | undefined, configured: CtyValue | undefined) =>
    isObject(value) ? planBlock(nested.block, before, value, configured, NOTHING) : value;
  if (!Array.isArray(proposed)) {
    if (nested.nesting !== "map" || !isObject(proposed)) return one(proposed, prior, config);
    const inMap = (from: CtyValue | undefined, key: string) => (isObject(from) ? from[key] : undefined);
    return Object.fromEntries(
      Object.entries(proposed).map(([key, value]) => [key, one(value, inMap(prior, key), inMap(config, key))]),
    );
  }
  const before = Array.isArray(prior) && prior.length === proposed.length ? prior : [];
  const configured = Array.isArray(config) ? config : [];
  return proposed.map((value, at) => one(value, before[at], configured[at]));
}

/**
 * Names of the top-level arguments whose change means a new resource.
 *
 * @param forceNew names that the type's documentation marks "Forces new resource"
 */
export function replacedBy(forceNew: readonly string[], prior: CtyObject | null, planned: CtyObject): string[] {
  if (!prior) return [];
  return forceNew.filter((name) => name in planned && !sameValue(prior[name] ?? null, planned[name] ?? null));
}

function sameValue(a: CtyValue, b: CtyValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

import type { DataAnswer, ProviderBehaviour } from "../planning/provider-behaviour";
import { plainBehaviour } from "../planning/plain-behaviour";
import { Numbering } from "../planning/numbering";
import type { CtyObject } from "../protocol/cty-value";
import type { ProviderSchema } from "../schema/schema";

/** What a utility provider may know of the run. */
export interface UtilitySurroundings {
  /** Terraform's working directory, against which relative paths are meant. */
  readonly workingDirectory: string;
  readonly original: (text: string) => string;
  readonly assumptions: { answer(type: string, config: CtyObject): CtyObject | undefined };
}

/** A utility provider as tables by type. */
export interface UtilityRules {
  readonly defaults?: Readonly<Record<string, CtyObject>>;
  /** Attributes whose values Terraform hides; data sources as `data.<type>`. */
  readonly sensitive?: Readonly<Record<string, readonly string[]>>;
  /** Arguments, of any of the types, whose change means a new resource. */
  readonly forceNew?: readonly string[];
  /** Computed attributes of a new resource. @param seed 40 hexadecimal digits of its own */
  readonly predict?: Readonly<
    Record<string, (planned: CtyObject, seed: string, surroundings: UtilitySurroundings) => CtyObject>
  >;
  readonly read?: Readonly<Record<string, (config: CtyObject, surroundings: UtilitySurroundings) => DataAnswer>>;
}

/** A provider that acts on nothing: its values follow from the configuration. */
export function utilityProvider(
  address: string,
  schema: ProviderSchema,
  rules: UtilityRules,
  surroundings: UtilitySurroundings,
): ProviderBehaviour {
  const numbering = new Numbering(surroundings.original);
  return {
    ...plainBehaviour(address, schema),
    sensitive: (mode, type) => new Set(rules.sensitive?.[mode === "data" ? `data.${type}` : type]),
    defaults: (type) => rules.defaults?.[type] ?? {},
    forceNew: () => rules.forceNew ?? [],
    predict(type, planned) {
      const number = numbering.next(type, planned);
      const values = rules.predict?.[type]?.(planned, number, surroundings) ?? {};
      return { values: { id: number.slice(0, 20), ...values }, fingerprint: number };
    },
    read(type, config) {
      const said = surroundings.assumptions.answer(type, config);
      const answer = rules.read?.[type]?.(config, surroundings) ?? { values: {} };
      return said ? { values: { ...answer.values, ...said } } : answer;
    },
  };
}

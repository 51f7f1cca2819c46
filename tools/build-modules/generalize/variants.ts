import { sampleConfiguration } from "../sample/sample";
import { Json, Scenario, Synthesized, synthesize } from "../sample/synthesized";
import { INPUTS, Input } from "./inputs";

/** A scenario as it is with one input changed. */
export interface Variant {
  readonly input: Input;
  /** The input's value in this variant. */
  readonly value: Json;
  readonly synthesized: Synthesized;
}

/** A scenario of the sample, and as it is with each input changed. */
export interface Variants {
  readonly base: Synthesized;
  readonly variants: readonly Variant[];
}

/** Scenarios to which a section matters, where it is not all of them. */
const OWN_SECTIONS: Partial<Readonly<Record<string, readonly Scenario[]>>> = {
  filter: ["tc-filter"],
  squidBastion: ["squid-bastion"],
};

const known = new Map<Scenario, Variants>();

/** Synthesizes a scenario once for every value of every input. */
export function variantsOf(scenario: Scenario): Variants {
  const found = known.get(scenario) ?? {
    base: synthesize(scenario, sampleConfiguration()),
    variants: INPUTS.filter(({ path: [section] }) => OWN_SECTIONS[section]?.includes(scenario) ?? true).flatMap(
      (input) =>
        (input.kind === "choice" ? input.others : [input.other]).map((value) => ({
          input,
          value,
          synthesized: synthesize(scenario, sampleConfiguration(input.path[0], members(input, value))),
        })),
    ),
  };
  known.set(scenario, found);
  return found;
}

function members(input: Input, value: Json): Record<string, Json> {
  const also = input.kind === "choice" && input.also ? { [input.also.member]: input.also.other } : {};
  return { [input.path[1]]: value, ...also };
}

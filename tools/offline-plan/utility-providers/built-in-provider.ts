import type { Assumptions } from "../assumptions";
import { fingerprint } from "../planning/numbering";
import { BUILT_IN_PROVIDER } from "../configuration/used-providers";
import { plainBehaviour } from "../planning/plain-behaviour";
import type { ProviderBehaviour } from "../planning/provider-behaviour";
import { UNKNOWN } from "../protocol/cty-value";
import type { Attribute, Block, ProviderSchema } from "../schema/schema";

const optional = (type: Attribute["type"]): Attribute => ({ type, optional: true });
const computed = (type: Attribute["type"]): Attribute => ({ type, computed: true });
const block = (attributes: Record<string, Attribute>): Block => ({ attributes, blocks: {} });

/** @see https://developer.hashicorp.com/terraform/language/resources/terraform-data */
const SCHEMA: ProviderSchema = {
  provider: block({}),
  resource: new Map([
    [
      "terraform_data",
      block({
        id: computed("string"),
        input: optional("dynamic"),
        output: computed("dynamic"),
        triggers_replace: optional("dynamic"),
      }),
    ],
  ]),
  data: new Map([
    [
      "terraform_remote_state",
      block({
        backend: { type: "string", required: true },
        config: optional("dynamic"),
        defaults: optional("dynamic"),
        outputs: computed("dynamic"),
        workspace: optional("string"),
      }),
    ],
  ]),
};

/**
 * What Terraform brings itself, served here instead: its own would read a remote state over the network, and would leave
 * `terraform_data` unknown in a resolved plan.
 */
export function builtInProvider(assumptions: Assumptions): ProviderBehaviour {
  return {
    ...plainBehaviour(BUILT_IN_PROVIDER, SCHEMA),
    forceNew: () => ["triggers_replace"],
    known: (_type, config) => ({ output: config["input"] ?? null }),
    predict(_type, planned) {
      const number = fingerprint(JSON.stringify(planned), 40);
      return {
        values: { id: number.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5") },
        fingerprint: number,
      };
    },
    read(type, config) {
      const said = assumptions.answer(type, config);
      return { values: { outputs: said?.["outputs"] ?? config["defaults"] ?? UNKNOWN } };
    },
  };
}

import type { ConfigurationTree } from "./configuration-tree";
import { mergedShape, type BodyShape, type DeclaredResource } from "./module-facts";

/** A provider as one directory uses it. */
export interface UsedProvider {
  /** Full address, `registry.terraform.io/hashicorp/aws`. */
  readonly address: string;
  readonly resources: readonly DeclaredResource[];
  /** Arguments of all its `provider` blocks together. */
  readonly configuration: BodyShape;
  /** Version constraints that modules ask for. */
  readonly constraints: readonly string[];
}

/** Where Terraform finds what it brings itself: `terraform_data`, `terraform_remote_state`. */
export const BUILT_IN_PROVIDER = "terraform.io/builtin/terraform";

const EMPTY: BodyShape = { attributes: [], blocks: {} };

/** Every provider that a configuration names or implies, by address. */
export function usedProviders(tree: ConfigurationTree): UsedProvider[] {
  const found = new Map<string, { resources: DeclaredResource[]; configuration: BodyShape; constraints: string[] }>();
  const at = (address: string) => {
    const known = found.get(address) ?? { resources: [], configuration: EMPTY, constraints: [] };
    found.set(address, known);
    return known;
  };
  for (const { facts } of tree.modules.values()) {
    const address = (name: string) => providerAddress(name, facts.requiredProviders[name]?.source);
    for (const [name, { version }] of Object.entries(facts.requiredProviders)) {
      const used = at(address(name));
      if (version) used.constraints.push(version);
    }
    for (const { name, body } of facts.providerConfigurations) {
      const used = at(address(name));
      used.configuration = mergedShape(used.configuration, body);
    }
    for (const resource of facts.resources) at(address(resource.provider)).resources.push(resource);
  }
  return [...found].map(([address, used]) => ({ address, ...used }));
}

/** @see https://developer.hashicorp.com/terraform/language/providers/requirements#source-addresses */
function providerAddress(localName: string, source: string | undefined): string {
  if (source === undefined && localName === "terraform") return BUILT_IN_PROVIDER;
  const parts = (source ?? localName).toLowerCase().split("/");
  const [type, namespace = "hashicorp", host = "registry.terraform.io"] = parts.reverse();
  return `${host}/${namespace}/${type ?? localName}`;
}

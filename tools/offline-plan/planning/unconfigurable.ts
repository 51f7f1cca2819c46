import { isObject, type CtyValue } from "../protocol/cty-value";
import { providerError, type PathStep, type ProviderDiagnostic } from "../protocol/diagnostic";
import type { Block } from "../schema/schema";

/**
 * Refuses a value for an attribute that only the provider sets. Terraform's core leaves this to providers; the words
 * are those that real ones use.
 */
export function unconfigurable(block: Block, config: CtyValue, at: readonly PathStep[] = []): ProviderDiagnostic[] {
  if (!isObject(config)) return [];
  const own = Object.entries(block.attributes)
    .filter(([name, it]) => it.computed && !it.optional && !it.required && (config[name] ?? null) !== null)
    .map(([name]) =>
      providerError(
        "Value for unconfigurable attribute",
        `Can't configure a value for "${name}": its value will be decided automatically based on the result of applying this configuration.`,
        [...at, name],
      ),
    );
  const nested = Object.entries(block.blocks).flatMap(([name, it]) => {
    const value = config[name];
    // An element of a set has no index to point at: the block itself is named.
    if (Array.isArray(value))
      return value.flatMap((element, index) =>
        unconfigurable(it.block, element, it.nesting === "list" ? [...at, name, index] : [...at, name]),
      );
    return it.nesting === "single" ? unconfigurable(it.block, value ?? null, [...at, name]) : [];
  });
  return [...own, ...nested];
}

import type { ProviderSchema } from "../schema/schema";
import type { ProviderBehaviour } from "./provider-behaviour";

/** A provider that does nothing beyond its schema, to start from. */
export function plainBehaviour(address: string, schema: ProviderSchema): ProviderBehaviour {
  return {
    address,
    schema,
    configure: (config) => ({ settings: config, diagnostics: [] }),
    validate: () => [],
    sensitive: () => new Set(),
    defaults: () => ({}),
    forceNew: () => [],
    known: () => ({}),
    predict: () => ({ values: {}, fingerprint: "00000000" }),
    remember: () => undefined,
    forget: () => undefined,
    read: () => ({ values: {} }),
  };
}

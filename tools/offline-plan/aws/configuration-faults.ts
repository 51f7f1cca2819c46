import type { CtyObject } from "../protocol/cty-value";
import type { ProviderDiagnostic } from "../protocol/diagnostic";

/** @throws never */
export function configurationFaults(_type: string, _config: CtyObject): ProviderDiagnostic[] {
  return [];
}

import { Token } from "cdktf";
import { isCidr, parseCidr } from "../../appliance-agent/src/rules/cidr";

/**
 * Checks from where machines may be managed.
 *
 * @param where begins the error
 * @param cidrs of either family; what is not known before deployment passes
 * @throws Error when one is no CIDR, or is everybody
 */
export function requireManagementCidrs(where: string, cidrs: readonly string[]): void {
  for (const cidr of cidrs) {
    if (Token.isUnresolved(cidr)) continue;
    const parsed = parseCidr(cidr);
    if (!isCidr(parsed)) {
      throw new Error(`${where}: managementCidrs must be CIDRs, got '${cidr}', ${parsed.what}; ${parsed.fix}`);
    }
    if (parsed.prefixLength === 0) {
      throw new Error(
        `${where}: managementCidrs must not be everybody, got '${cidr}'; ` +
          "write the networks that you come from, or leave it empty: Session Manager needs no rule",
      );
    }
  }
}

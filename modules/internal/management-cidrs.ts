import { Token } from "cdktf";
import { EVERYWHERE_PREFIX_LENGTH, isCidr, parseCidr } from "../../appliance-agent/src/rules/cidr";

/**
 * Checks from where machines may be managed.
 *
 * @param where begins the error
 * @param cidrs of either family; what is not known before deployment passes
 * @throws Error when one is no CIDR, or is everybody or a large part
 */
export function requireManagementCidrs(where: string, cidrs: readonly string[]): void {
  for (const cidr of cidrs) {
    if (Token.isUnresolved(cidr)) continue;
    const parsed = parseCidr(cidr);
    if (!isCidr(parsed)) {
      throw new Error(`${where}: managementCidrs must be CIDRs, got '${cidr}', ${parsed.what}; ${parsed.fix}`);
    }
    if (parsed.prefixLength <= EVERYWHERE_PREFIX_LENGTH) {
      throw new Error(
        `${where}: managementCidrs must be of /${String(EVERYWHERE_PREFIX_LENGTH + 1)} or longer, not everybody or a large part, got '${cidr}'; ` +
          "write the networks that you come from, or leave it empty: Session Manager needs no rule",
      );
    }
  }
}

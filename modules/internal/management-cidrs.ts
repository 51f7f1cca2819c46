import { Token } from "cdktf";
import { isCidr, parseCidr } from "../../appliance-agent/src/rules/cidr";

/**
 * Longest prefix that is as good as everybody: 0.0.0.0/1 and 128.0.0.0/1 are the internet in two halves, and 2000::/3 is
 * all of IPv6 that is given out (RFC 4291 §2.4). Nobody's own network is as large. The review's `public-exposure` has it too.
 */
export const EVERYBODY_PREFIX_LENGTH = 4;

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
    if (parsed.prefixLength <= EVERYBODY_PREFIX_LENGTH) {
      throw new Error(
        `${where}: managementCidrs must be of /${String(EVERYBODY_PREFIX_LENGTH + 1)} or longer, not everybody or a large part, got '${cidr}'; ` +
          "write the networks that you come from, or leave it empty: Session Manager needs no rule",
      );
    }
  }
}

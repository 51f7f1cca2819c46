import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Family } from "../rules/cidr";

/**
 * The families that this kernel speaks. Without IPv6 (`ipv6.disable=1` on its command line) neither `ip -6` nor ip6tables
 * can be asked anything.
 */
export function hostFamilies(root = "/proc/sys"): readonly Family[] {
  return existsSync(join(root, "net/ipv6/conf/all")) ? ["ipv4", "ipv6"] : ["ipv4"];
}

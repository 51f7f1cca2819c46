import type { BridgeConfiguration } from "./bridge-configuration";

/** Files in Squid's list directory, one value a line, that {@link squidConf} refers to and the bridge keeps. */
export const SQUID_LISTS = ["clients", "denied-domains", "allowed-domains", "unrestricted-clients"] as const;

/** Name of a list file. */
export type SquidList = (typeof SQUID_LISTS)[number];

/**
 * What the list files hold for a configuration.
 *
 * An allow list that is absent is `unrestricted-clients` = `clients`: so the rules in squid.conf never change, and a
 * bridge that could write more than names and CIDRs is not needed.
 *
 * @returns content of each file; a domain that another one of the list covers is left out, since Squid ends itself over
 *   "'.a.example' is a subdomain of '.example'"
 */
export function squidLists(
  configuration: Pick<BridgeConfiguration, "clientCidrs" | "deniedDomains" | "allowedDomains">,
): Record<SquidList, string> {
  const { clientCidrs, deniedDomains, allowedDomains } = configuration;
  return {
    clients: lines(clientCidrs),
    "denied-domains": lines(uncovered(deniedDomains)),
    "allowed-domains": lines(uncovered(allowedDomains ?? [])),
    "unrestricted-clients": lines(allowedDomains === undefined ? clientCidrs : []),
  };
}

/** The domains that no other one covers, sorted, each once. */
function uncovered(domains: readonly string[]): string[] {
  const listed = new Set(domains);
  return [...listed].filter((domain) => !ancestors(domain).some((ancestor) => listed.has(ancestor))).sort();
}

/** `.c.b.a` -> `.b.a`, `.a`; `c.b.a` also -> `.c.b.a`. */
function ancestors(domain: string): string[] {
  const labels = domain.replace(/^\./, "").split(".");
  const first = domain.startsWith(".") ? 1 : 0;
  return labels.map((_, at) => `.${labels.slice(at).join(".")}`).slice(first);
}

function lines(values: readonly string[]): string {
  return values.map((value) => `${value}\n`).join("");
}

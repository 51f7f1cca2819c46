import { INTERNET } from "../fabric/internet";
import { resolverAddress } from "../fabric/vpc-router";
import { WiredVpc, Wiring } from "../fabric/wiring";

/** Names of the internet's web servers. `cdn` is another server for the inspection VPC than for others. */
export const WEB_NAMES = { web: "web.example.test", blocked: "blocked.example.test", cdn: "cdn.example.test" } as const;

/** A VPC's resolver: where it is, and what it says. */
export interface Resolver {
  /** Namespace of the VPC's router. */
  readonly host: string;
  readonly address: string;
  /** Addresses by name; a name stands for those below it, too. */
  readonly names: Readonly<Record<string, string>>;
}

/**
 * The resolver of every VPC, at the VPC's base plus two.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
 */
export function resolversOf(wiring: Wiring): readonly Resolver[] {
  const inspection = new Set(wiring.nodes.map(({ vpc }) => vpc));
  return wiring.vpcs.map((vpc) => ({
    host: vpc.host,
    address: resolverAddress(vpc),
    names: namesFor(vpc, inspection),
  }));
}

function namesFor(vpc: WiredVpc, inspection: ReadonlySet<WiredVpc>): Resolver["names"] {
  return {
    [WEB_NAMES.web]: INTERNET.web,
    [WEB_NAMES.blocked]: INTERNET.blocked,
    [WEB_NAMES.cdn]: inspection.has(vpc) ? INTERNET.otherWeb : INTERNET.web,
    "amazonaws.com": INTERNET.storage,
  };
}

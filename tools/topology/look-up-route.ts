import { Address, contains, parsePrefix, Prefix } from "./prefix";
import { byId, Route, RouteTable, Topology } from "./topology";

/** What a route table says about one destination. */
export type RouteLookup =
  | {
      readonly kind: "route";
      readonly route: Route;
      readonly destination: string;
      readonly assumptions: readonly string[];
    }
  | { readonly kind: "none"; readonly assumptions: readonly string[] }
  | { readonly kind: "undetermined"; readonly why: string };

interface Candidate {
  readonly route: Route;
  readonly prefix: Prefix;
  readonly destination: string;
  readonly listed: boolean;
}

/**
 * The route that a VPC's router takes for `destination`: the longest prefix, with AWS's additional rules. A static route
 * with the CIDR of a local one replaces it; a local or prefix list route beats every overlapping propagated one; with
 * equal CIDRs static beats prefix list beats propagated.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
 */
export function lookUpRoute(topology: Topology, table: RouteTable, destination: Address): RouteLookup {
  const unknown = [...table.routes, ...topology.strayRoutes].find((route) => route.destination === undefined);
  if (unknown) {
    const why = unknown.target.kind === "undetermined" ? unknown.target.why : "its destination is not known";
    return { kind: "undetermined", why: `${unknown.address ?? table.address}: ${why}` };
  }
  const assumptions: string[] = [];
  const own = table.routes.flatMap((route) => candidatesOf(topology, route, assumptions));
  const local = localRoutes(topology, table).filter(
    (one) => !own.some((other) => other.destination === one.destination),
  );
  const stray = topology.strayRoutes.flatMap((route) => candidatesOf(topology, route, assumptions));
  const matching = (list: readonly Candidate[]) => list.filter((one) => contains(one.prefix, destination));
  const best = prefer(matching([...local, ...own]));
  const rival = matching(stray).find((one) => one.prefix.length >= (best[0]?.prefix.length ?? 0));
  if (rival)
    return {
      kind: "undetermined",
      why: `${rival.route.address ?? "a route"} (${rival.destination}) may be in this route table`,
    };
  const [first, ...others] = best;
  if (!first) return { kind: "none", assumptions };
  const other = others.find((one) => JSON.stringify(one.route.target) !== JSON.stringify(first.route.target));
  if (other) {
    const what = first.listed ? "prefix lists, and AWS chooses one at random" : "routes, which AWS refuses";
    return {
      kind: "undetermined",
      why: `${first.destination} is in two ${what}: ${first.route.address ?? ""}, ${other.route.address ?? ""}`,
    };
  }
  return { kind: "route", route: first.route, destination: first.destination, assumptions };
}

/** The routes that every table of a VPC has: one for each of its CIDR blocks. */
export function localRoutes(topology: Topology, table: RouteTable): readonly Candidate[] {
  const vpc = byId(topology.vpcs, table.vpcId);
  return [...(vpc?.ipv4Cidrs ?? []), ...(vpc?.ipv6Cidrs ?? [])].flatMap((cidr) => {
    const prefix = parsePrefix(cidr);
    return prefix
      ? [
          {
            route: { destination: cidr, target: { kind: "local" as const }, origin: "local" as const },
            prefix,
            destination: cidr,
            listed: false,
          },
        ]
      : [];
  });
}

function candidatesOf(topology: Topology, route: Route, assumptions: string[]): readonly Candidate[] {
  const { destination = "" } = route;
  const prefix = parsePrefix(destination);
  if (prefix) return [{ route, prefix, destination, listed: false }];
  const list = byId(topology.prefixLists, destination);
  if (!list) assumptions.push(`the destination is not in ${destination}, whose entries the plan does not hold`);
  return (list?.cidrs ?? []).flatMap((cidr) => {
    const entry = parsePrefix(cidr);
    return entry ? [{ route, prefix: entry, destination: cidr, listed: true }] : [];
  });
}

function prefer(matching: readonly Candidate[]): readonly Candidate[] {
  const beatsPropagated = matching.some(
    (one) => one.route.origin === "local" || one.route.target.kind === "local" || one.listed,
  );
  const allowed = beatsPropagated ? matching.filter((one) => one.route.origin !== "propagated") : matching;
  const longest = Math.max(...allowed.map((one) => one.prefix.length));
  const equal = allowed.filter((one) => one.prefix.length === longest);
  const rank = (one: Candidate) => (one.route.origin === "propagated" ? 2 : one.listed ? 1 : 0);
  const best = Math.min(...equal.map(rank));
  return equal.filter((one) => rank(one) === best);
}

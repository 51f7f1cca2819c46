import { Address, contains, parsePrefix } from "./prefix";
import { byId, Topology, TransitGatewayAttachment, TransitGatewayRouteTable } from "./topology";

/** What a transit gateway route table says about one destination. */
export type TransitGatewayLookup =
  | {
      readonly kind: "attachment";
      readonly attachment: TransitGatewayAttachment;
      readonly destination: string;
      readonly origin: "static" | "propagated";
      readonly address?: string;
    }
  | { readonly kind: "blackhole"; readonly destination: string; readonly address: string }
  | { readonly kind: "none" }
  | { readonly kind: "undetermined"; readonly why: string };

/**
 * The route that a transit gateway takes: the longest prefix; with equal CIDRs static beats propagated.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html#tgw-route-evaluation-overview
 */
export function lookUpTransitGatewayRoute(
  topology: Topology,
  table: TransitGatewayRouteTable,
  destination: Address,
): TransitGatewayLookup {
  const [unknown] = table.undetermined;
  if (unknown !== undefined) return { kind: "undetermined", why: unknown };
  const routes = [
    ...table.routes.flatMap((route) =>
      cidrsOf(topology, route.destination).map((cidr) => ({ ...route, cidr, origin: "static" as const })),
    ),
    ...table.propagatingAttachmentIds.flatMap((id) =>
      propagated(topology, id).map((cidr) => ({
        cidr,
        attachmentId: id,
        blackhole: false,
        address: undefined,
        origin: "propagated" as const,
      })),
    ),
  ];
  const matching = routes.flatMap((route) => {
    const prefix = parsePrefix(route.cidr);
    return prefix && contains(prefix, destination) ? [{ ...route, length: prefix.length }] : [];
  });
  const [best] = matching.sort(
    (one, other) =>
      other.length - one.length || Number(one.origin === "propagated") - Number(other.origin === "propagated"),
  );
  if (!best) return { kind: "none" };
  if (best.blackhole) return { kind: "blackhole", destination: best.cidr, address: best.address ?? table.address };
  const attachment = byId(topology.transitGatewayAttachments, best.attachmentId);
  if (!attachment)
    return { kind: "undetermined", why: `the attachment of the route ${best.cidr} is not in the ${topology.source}` };
  return { kind: "attachment", attachment, destination: best.cidr, origin: best.origin, address: best.address };
}

function cidrsOf(topology: Topology, destination: string | undefined): readonly string[] {
  return byId(topology.prefixLists, destination)?.cidrs ?? (destination === undefined ? [] : [destination]);
}

function propagated(topology: Topology, attachmentId: string): readonly string[] {
  const attachment = byId(topology.transitGatewayAttachments, attachmentId);
  const vpc = byId(topology.vpcs, attachment?.vpcId);
  return [...(vpc?.ipv4Cidrs ?? []), ...(vpc?.ipv6Cidrs ?? [])];
}

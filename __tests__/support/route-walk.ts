import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import ipaddr from "ipaddr.js";
import { Synthesized, SynthesizedResource, referred } from "./synth";

/** Where a route leads, by the argument of `aws_route` that says so. */
const TARGETS = ["gateway_id", "vpc_endpoint_id", "network_interface_id"] as const;

/**
 * Next hop of a packet to `destination` that enters the network at `from`, by the longest prefix of its route table.
 *
 * @param from address of a subnet, or of an internet gateway, whose edge route table then decides
 * @param destination an IPv4 address or CIDR
 * @returns address of the next hop, `local` for the VPC's own route, or undefined where no route matches
 */
export function nextHop(stack: Synthesized, from: string, destination: string): string | undefined {
  const routes = [
    { cidr: vpcOf(stack, from).attributes["cidr_block"] as string, to: "local" },
    ...routesOf(stack, from),
  ];
  return routes
    .filter(({ cidr }) => contains(cidr, destination))
    .sort((a, b) => prefixLength(b.cidr) - prefixLength(a.cidr) || (a.to === "local" ? 1 : -1))[0]?.to;
}

/** The subnet in which a resource's `subnet_id` or only member of `subnet_ids` lies. */
export function subnetOf(stack: Synthesized, resource: SynthesizedResource): SynthesizedResource {
  const { subnet_id: id, subnet_ids: ids } = resource.attributes;
  return stack.resource(String(referred(id ?? ids[0])));
}

/** Subnets whose CIDR contains an address, in the VPC of `from`. */
export function subnetWith(stack: Synthesized, from: string, address: string): SynthesizedResource | undefined {
  const { ref } = vpcOf(stack, from);
  return stack
    .all(Subnet)
    .find(({ attributes }) => referred(attributes["vpc_id"]) === ref && contains(attributes["cidr_block"], address));
}

function routesOf(stack: Synthesized, from: string): { cidr: string; to: string }[] {
  const tables = stack
    .all(RouteTableAssociation)
    .filter(({ attributes }) => [attributes["subnet_id"], attributes["gateway_id"]].map(referred).includes(from))
    .map(({ attributes }) => referred(attributes["route_table_id"]));
  if (tables.length > 1) throw new Error(`${from} has ${String(tables.length)} route tables`);
  return stack
    .all(Route)
    .filter(({ attributes }) => tables.includes(referred(attributes["route_table_id"])))
    .map(({ attributes }) => ({
      cidr: String(attributes["destination_cidr_block"]),
      to: String(TARGETS.map((name) => referred(attributes[name])).find((target) => target !== undefined)),
    }));
}

function vpcOf(stack: Synthesized, from: string): SynthesizedResource {
  const vpcs = stack.all(Vpc);
  const vpc = vpcs.find(({ ref }) => ref === referred(stack.resource(from).attributes["vpc_id"]));
  if (vpc === undefined) throw new Error(`${from} is in none of ${vpcs.map(({ ref }) => ref).join(", ")}`);
  return vpc;
}

function contains(cidr: string, destination: string): boolean {
  const address = destination.split("/")[0] ?? "";
  return (
    prefixLength(cidr) <= prefixLength(destination) && ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(cidr))
  );
}

function prefixLength(cidr: string): number {
  return Number(cidr.split("/")[1] ?? 32);
}

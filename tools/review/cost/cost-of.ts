import { byId, Machine, Topology } from "../../topology/topology";
import { Prices, RegionPrices } from "./prices";

/** A month of AWS's price pages. */
const HOURS_PER_MONTH = 730;

/** Size of a root volume that the plan leaves to the image, GiB: Amazon Linux 2023's. */
const DEFAULT_ROOT_GIB = 8;

/** One billed part of one resource. */
export interface CostLine {
  readonly address: string;
  /** What is billed, `t4g.micro`, `8 GiB gp3`. */
  readonly what: string;
  /** Nothing when the price table does not have it. */
  readonly perHour?: number;
  /** AWS's page with the price. */
  readonly page: string;
}

/** What a topology costs while nothing happens. */
export interface Cost {
  readonly currency: string;
  readonly asOf: string;
  readonly source: string;
  readonly region?: string;
  readonly lines: readonly CostLine[];
  /** Sum of the known lines. */
  readonly perHour: number;
  /** Lines without a price: the sum leaves them out. */
  readonly unknown: number;
  /** What traffic adds; it is not in the sum. */
  readonly byTraffic: readonly string[];
}

const PAGES = {
  loadBalancer: "https://aws.amazon.com/elasticloadbalancing/pricing/",
  endpoint: "https://aws.amazon.com/privatelink/pricing/",
  vpc: "https://aws.amazon.com/vpc/pricing/",
  transitGateway: "https://aws.amazon.com/transit-gateway/pricing/",
  instance: "https://aws.amazon.com/ec2/pricing/on-demand/",
  volume: "https://aws.amazon.com/ebs/pricing/",
} as const;

/** Adds up what AWS bills for each hour that the topology exists, as far as the price table knows. */
export function costOf(topology: Topology, prices: Prices): Cost {
  const region = topology.region;
  const known: RegionPrices = (region === undefined ? undefined : prices.regions[region]) ?? {};
  const lines = [...network(topology, known), ...machines(topology, known)];
  return {
    currency: prices.currency,
    asOf: prices.asOf,
    source: prices.source,
    region,
    lines,
    perHour: lines.reduce((sum, line) => sum + (line.perHour ?? 0), 0),
    unknown: lines.filter((line) => line.perHour === undefined).length,
    byTraffic: byTraffic(topology),
  };
}

function network(topology: Topology, known: RegionPrices): readonly CostLine[] {
  const balancerPrice = {
    gateway: known.gatewayLoadBalancerHour,
    network: known.networkLoadBalancerHour,
    application: known.applicationLoadBalancerHour,
  };
  return [
    ...topology.loadBalancers.map((one) => ({
      address: one.address,
      what: `${one.kind} load balancer`,
      perHour: balancerPrice[one.kind],
      page: PAGES.loadBalancer,
    })),
    ...topology.endpoints
      .filter((one) => one.kind !== "Gateway")
      .flatMap((one) =>
        one.subnetIds.map(() => ({
          address: one.address,
          what: `${one.kind} endpoint, one zone`,
          perHour:
            one.kind === "GatewayLoadBalancer" ? known.gatewayLoadBalancerEndpointHour : known.interfaceEndpointHour,
          page: PAGES.endpoint,
        })),
      ),
    ...topology.natGateways.map((one) => ({
      address: one.address,
      what: "NAT gateway",
      perHour: known.natGatewayHour,
      page: PAGES.vpc,
    })),
    ...topology.transitGatewayAttachments.map((one) => ({
      address: one.address,
      what: "transit gateway attachment",
      perHour: known.transitGatewayAttachmentHour,
      page: PAGES.transitGateway,
    })),
    ...topology.networkInterfaces
      .filter((one) => one.publicIp !== undefined && one.kind !== "host")
      .map((one) => ({
        address: one.address,
        what: "public IPv4 address",
        perHour: known.publicIpv4Hour,
        page: PAGES.vpc,
      })),
  ];
}

function machines(topology: Topology, known: RegionPrices): readonly CostLine[] {
  const fleets = topology.autoScalingGroups.flatMap((group) => {
    const template = byId(topology.launchTemplates, group.launchTemplateId);
    const count = group.desiredCapacity ?? group.minimum ?? 1;
    return template ? Array.from({ length: count }, () => ({ ...template, address: group.address })) : [];
  });
  return [...topology.instances, ...fleets].flatMap((machine) => machineLines(machine.address, machine, known));
}

function machineLines(address: string, machine: Machine, known: RegionPrices): readonly CostLine[] {
  const root = { sizeGib: machine.rootVolumeSizeGib ?? DEFAULT_ROOT_GIB, type: machine.rootVolumeType ?? "gp3" };
  const volumes = [root, ...machine.volumes].map(({ sizeGib = DEFAULT_ROOT_GIB, type = "gp3" }) => {
    const month = known.gibMonth?.[type];
    return {
      address,
      what: `${sizeGib} GiB ${type}`,
      perHour: month === undefined ? undefined : (month * sizeGib) / HOURS_PER_MONTH,
      page: PAGES.volume,
    };
  });
  const type = machine.instanceType ?? "instance of unknown type";
  return [{ address, what: type, perHour: known.instanceHour?.[type], page: PAGES.instance }, ...volumes];
}

function byTraffic(topology: Topology): readonly string[] {
  const has = (condition: boolean, text: string) => (condition ? [text] : []);
  return [
    ...has(
      topology.loadBalancers.some((one) => one.kind === "gateway"),
      `load balancer capacity units, ${PAGES.loadBalancer}`,
    ),
    ...has(
      topology.endpoints.some((one) => one.kind !== "Gateway"),
      `each GB through an endpoint, ${PAGES.endpoint}`,
    ),
    ...has(topology.natGateways.length > 0, `each GB through a NAT gateway, ${PAGES.vpc}`),
    ...has(
      topology.transitGatewayAttachments.length > 0,
      `each GB through the transit gateway, ${PAGES.transitGateway}`,
    ),
    `data transfer to the internet and between zones, ${PAGES.instance}`,
  ];
}

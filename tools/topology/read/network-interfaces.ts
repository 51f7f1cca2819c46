import { addressAt, formatAddress, parseAddress, parsePrefix } from "../prefix";
import { Resource, flag, number, text, texts } from "../resource";
import { byId, Instance, NatGateway, NetworkInterface, Subnet, VpcEndpoint } from "../topology";
import { ElasticIps } from "./elastic-ips";
import { partOf, Resources, whyUndetermined } from "./resources";

/** AWS keeps a subnet's first four addresses and its last: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const FIRST_ASSIGNABLE = 4n;

/** NAT gateways with their addresses. */
export function readNatGateways(resources: Resources): readonly NatGateway[] {
  const elasticIps = new ElasticIps(resources);
  return resources.ofType("aws_nat_gateway").map((resource) => {
    const { values } = resource;
    const isPublic = text(values, "connectivity_type") !== "private";
    const allocation = text(values, "allocation_id");
    return {
      ...partOf(resource),
      subnetId: text(values, "subnet_id") ?? "",
      connectivity: isPublic ? "public" : "private",
      privateIp: address(text(values, "private_ip")),
      publicIp: isPublic
        ? (address(text(values, "public_ip")) ?? elasticIps.byAllocation(allocation) ?? "assigned by AWS")
        : undefined,
    };
  });
}

/** Every network interface: own resources, and those that instances, NAT gateways and endpoints bring along. */
export function readNetworkInterfaces(
  resources: Resources,
  source: "plan" | "state",
  subnets: readonly Subnet[],
  instances: readonly Instance[],
  natGateways: readonly NatGateway[],
  endpoints: readonly VpcEndpoint[],
): readonly NetworkInterface[] {
  const elasticIps = new ElasticIps(resources);
  const assigned = new AssignedAddresses(resources);
  const separate = resources.ofType("aws_network_interface").map((resource): NetworkInterface => {
    const part = partOf(resource);
    const subnet = byId(subnets, text(resource.values, "subnet_id"));
    const owner = instances.find((instance) => instance.networkInterfaceIds.includes(part.id));
    return {
      ...part,
      ...assigned.choose(
        subnet,
        [text(resource.values, "private_ip"), ...texts(resource.values, "private_ips")],
        ipv6Of(resource.values),
        wantsIpv6(resource.values, subnet),
      ),
      subnetId: subnet?.id ?? text(resource.values, "subnet_id") ?? "",
      kind: owner ? "instance" : "network interface",
      ownerId: owner?.id,
      publicIp: elasticIps.byOwner(part.id) ?? (owner && elasticIps.byOwner(owner.id)),
      sourceDestCheck: flag(resource.values, "source_dest_check") ?? true,
      securityGroupIds: [...texts(resource.values, "security_groups"), ...attachedGroups(resources, part.id)],
      undeterminedSecurityGroups: whyUndetermined(resource, "security_groups"),
      deviceIndex: owner ? owner.networkInterfaceIds.indexOf(part.id) : 0,
    };
  });
  const ofInstances = resources.ofType("aws_instance").flatMap((resource): NetworkInterface[] => {
    const instance = byId(instances, partOf(resource).id);
    const id = instance?.networkInterfaceIds[0];
    const subnet = byId(subnets, instance?.subnetId);
    if (!instance || id === undefined || !subnet || separate.some((one) => one.id === id)) return [];
    return [
      {
        id,
        address: resource.address,
        tags: instance.tags,
        ...assigned.choose(
          subnet,
          [text(resource.values, "private_ip")],
          ipv6Of(resource.values),
          wantsIpv6(resource.values, subnet),
        ),
        subnetId: subnet.id,
        kind: "instance",
        ownerId: instance.id,
        publicIp: elasticIps.byOwner(instance.id) ?? elasticIps.byOwner(id) ?? ownPublicIp(resource, source, subnet),
        sourceDestCheck: flag(resource.values, "source_dest_check") ?? true,
        securityGroupIds: [...ownGroups(resource), ...attachedGroups(resources, id)],
        undeterminedSecurityGroups:
          whyUndetermined(resource, "vpc_security_group_ids") ?? whyUndetermined(resource, "security_groups"),
        deviceIndex: 0,
      },
    ];
  });
  const ofNats = natGateways.map((nat): NetworkInterface => ({
    id: `${nat.id}/interface`,
    address: nat.address,
    tags: nat.tags,
    ...assigned.choose(byId(subnets, nat.subnetId), [nat.privateIp], [], false),
    subnetId: nat.subnetId,
    kind: "NAT gateway",
    ownerId: nat.id,
    publicIp: nat.publicIp,
    sourceDestCheck: false,
    securityGroupIds: [],
    deviceIndex: 0,
  }));
  const ofEndpoints = endpoints
    .filter((endpoint) => endpoint.kind !== "Gateway")
    .flatMap((endpoint) =>
      endpoint.subnetIds.map((subnetId, i): NetworkInterface => ({
        id: endpoint.networkInterfaceIds[i] ?? `${endpoint.id}/${subnetId}`,
        address: endpoint.address,
        tags: endpoint.tags,
        ...assigned.choose(byId(subnets, subnetId), [], [], false),
        subnetId,
        kind: "endpoint",
        ownerId: endpoint.id,
        sourceDestCheck: false,
        securityGroupIds: endpoint.securityGroupIds,
        deviceIndex: 0,
      })),
    );
  return [...separate, ...ofInstances, ...ofNats, ...ofEndpoints];
}

/** Gives an interface without a given address one of its subnet's that no other has, as AWS does at launch. */
class AssignedAddresses {
  private readonly taken = new Set<string>();

  constructor(resources: Resources) {
    for (const { values } of resources.ofType("aws_instance", "aws_network_interface", "aws_nat_gateway")) {
      for (const given of [text(values, "private_ip"), ...texts(values, "private_ips")])
        if (given !== undefined) this.taken.add(`${text(values, "subnet_id") ?? ""} ${given}`);
    }
  }

  choose(
    subnet: Subnet | undefined,
    given: readonly (string | undefined)[],
    ipv6: readonly string[],
    wantsIpv6: boolean,
  ) {
    const known = [...new Set(given.flatMap((value) => address(value) ?? []))];
    const privateIps = known.length > 0 ? known : this.next(subnet, subnet?.ipv4Cidr);
    const ipv6Addresses = ipv6.length > 0 || !wantsIpv6 ? ipv6 : this.next(subnet, subnet?.ipv6Cidr);
    return { privateIps, ipv6Addresses, addressAssumed: known.length === 0 };
  }

  private next(subnet: Subnet | undefined, cidr: string | undefined): readonly string[] {
    const prefix = cidr === undefined ? undefined : parsePrefix(cidr);
    if (!subnet || !prefix) return [];
    for (let offset = FIRST_ASSIGNABLE; offset < 4096n; offset++) {
      const candidate = formatAddress(addressAt(prefix, offset));
      if (this.taken.has(`${subnet.id} ${candidate}`)) continue;
      this.taken.add(`${subnet.id} ${candidate}`);
      return [candidate];
    }
    return [];
  }
}

function address(value: string | undefined): string | undefined {
  return value !== undefined && parseAddress(value) ? value : undefined;
}

function ipv6Of(values: Readonly<Record<string, unknown>>): readonly string[] {
  return texts(values, "ipv6_addresses").filter((value) => parseAddress(value)?.family === "ipv6");
}

function wantsIpv6(values: Readonly<Record<string, unknown>>, subnet: Subnet | undefined): boolean {
  return (number(values, "ipv6_address_count") ?? 0) > 0 || (subnet?.assignIpv6AddressOnCreation ?? false);
}

/** A plan's `public_ip` is a prediction; whether there is one follows from the arguments. A state's is a fact. */
function ownPublicIp(resource: Resource, source: "plan" | "state", subnet: Subnet): string | undefined {
  const assigned = address(text(resource.values, "public_ip"));
  if (source === "state") return assigned;
  const wanted = flag(resource.values, "associate_public_ip_address") ?? subnet.mapPublicIpOnLaunch;
  return wanted ? (assigned ?? "assigned by AWS") : undefined;
}

/** `security_groups` is meant for EC2-Classic's names, yet takes ids too, and people write them there. */
function ownGroups(resource: Resource): readonly string[] {
  const older = texts(resource.values, "security_groups").filter((id) => /^(sg-|<)/.test(id));
  return [...new Set([...texts(resource.values, "vpc_security_group_ids"), ...older])];
}

function attachedGroups(resources: Resources, interfaceId: string): readonly string[] {
  return resources
    .ofType("aws_network_interface_sg_attachment")
    .filter((one) => text(one.values, "network_interface_id") === interfaceId)
    .flatMap((one) => text(one.values, "security_group_id") ?? []);
}

import { parseAddress } from "./prefix";
import { AutoScalingGroup, byId, NetworkInterface, TargetGroup, Topology } from "./topology";

/** One registered target of a target group. */
export interface Target {
  /** Instance, IP address or Auto Scaling group. */
  readonly id: string;
  /** Terraform's address where the target is a resource. */
  readonly name: string;
  readonly kind: "instance" | "ip" | "auto scaling group";
  /** Nothing when it is not known; an Auto Scaling group is one target in each of its subnets. */
  readonly zones: readonly string[];
  readonly networkInterface?: NetworkInterface;
}

/** The targets of a group: instances, addresses and Auto Scaling groups. */
export function targetsOf(topology: Topology, group: TargetGroup): readonly Target[] {
  const registered = group.targetIds.map((id): Target => {
    const networkInterface = parseAddress(id)
      ? topology.networkInterfaces.find(
          (one) => one.privateIps.includes(id) && byId(topology.subnets, one.subnetId)?.vpcId === group.vpcId,
        )
      : topology.networkInterfaces.find((one) => one.ownerId === id && one.deviceIndex === 0);
    const zone = byId(topology.subnets, networkInterface?.subnetId)?.zone;
    const name = networkInterface?.address ?? byId(topology.instances, id)?.address ?? id;
    return {
      id: networkInterface?.ownerId ?? id,
      name,
      kind: parseAddress(id) ? "ip" : "instance",
      zones: zone === undefined ? [] : [zone],
      networkInterface,
    };
  });
  const groups = topology.autoScalingGroups
    .filter((one) => group.autoScalingGroups.includes(one.id))
    .flatMap((one) => one.subnetIds.map((subnetId) => futureInstance(topology, one, subnetId)));
  return [...registered, ...groups];
}

/** What an Auto Scaling group launches in one of its subnets; its address is not known before. */
function futureInstance(topology: Topology, group: AutoScalingGroup, subnetId: string): Target {
  const zone = byId(topology.subnets, subnetId)?.zone;
  const template = byId(topology.launchTemplates, group.launchTemplateId);
  const networkInterface: NetworkInterface | undefined = template && {
    id: `${group.id}/${subnetId}`,
    address: group.address,
    tags: group.tags,
    subnetId,
    kind: "instance",
    ownerId: group.id,
    privateIps: [],
    ipv6Addresses: [],
    addressAssumed: true,
    sourceDestCheck: true,
    securityGroupIds: template.securityGroupIds,
    deviceIndex: 0,
  };
  return {
    id: group.id,
    name: group.address,
    kind: "auto scaling group",
    zones: zone === undefined ? [] : [zone],
    networkInterface,
  };
}

/** Ids of the instances and Auto Scaling groups that Gateway Load Balancers send packets to. */
export function applianceIds(topology: Topology): ReadonlySet<string> {
  const arns = topology.loadBalancers.filter((one) => one.kind === "gateway").map((one) => one.arn);
  const groups = topology.targetGroups.filter(
    (group) =>
      group.protocol === "GENEVE" ||
      topology.listeners.some(
        (one) => one.targetGroupArns.includes(group.arn) && arns.includes(one.loadBalancerArn ?? ""),
      ),
  );
  return new Set(groups.flatMap((group) => targetsOf(topology, group)).map((target) => target.id));
}

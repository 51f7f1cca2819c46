import { end, Journey, Next, stoppedBy } from "../journey";
import { byId, NetworkInterface, Subnet } from "../topology";

/** A route leads to a network interface: its instance must forward, which EC2 prevents while the source/dest check is on. */
export function throughInterface(journey: Journey, networkInterface: NetworkInterface, from: Subnet | undefined): Next {
  const { topology } = journey;
  const where = networkInterface.address;
  const endpoint = byId(topology.endpoints, networkInterface.ownerId);
  if (endpoint) return { to: "endpoint", endpoint, from };
  const subnet = byId(topology.subnets, networkInterface.subnetId);
  if (!subnet) return end({ kind: "cannot determine", where, why: `its subnet is not in the ${topology.source}` });
  const instance = byId(topology.instances, networkInterface.ownerId);
  const filters = [...journey.networkAcls(from, subnet), ...journey.securityGroups(networkInterface, "ingress")];
  const assumptions = ["the instance is assumed to forward the packet unchanged by the interface on which it came"];
  journey.hop({
    kind: "network interface",
    id: networkInterface.id,
    name: where,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    zone: subnet.zone,
    text: `${where} is to forward the packet`,
    filters,
    assumptions,
  });
  const stopped = stoppedBy(filters);
  if (stopped) return stopped;
  if (networkInterface.sourceDestCheck)
    return end({ kind: "dropped", where, why: "its source/destination check is on" });
  if (!instance && networkInterface.kind === "network interface")
    return end({ kind: "cannot determine", where, why: `what it is attached to is not in the ${topology.source}` });
  if ((instance?.networkInterfaceIds.length ?? 0) > 1)
    return end({
      kind: "cannot determine",
      where,
      why: "the instance has several interfaces, and which one forwards is its own decision",
    });
  return { to: "router", subnet };
}

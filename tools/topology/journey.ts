import { networkAclVerdict } from "./network-acl-verdict";
import { Packet, PacketAddress } from "./packet";
import { FilterVerdict, securityGroupVerdict } from "./security-group-verdict";
import { byId, Gateway, NatGateway, NetworkInterface, Subnet, Topology, Vpc, VpcEndpoint } from "./topology";
import { Hop, Verdict } from "./walk-result";

/** What AWS remembers of a flow between its first packet and the reply. */
export interface FlowMemory {
  /** What each NAT gateway translated, by its id. */
  readonly natSessions: Map<string, PacketAddress>;
  /** The zone that appliance mode chose for the flow, by attachment. */
  readonly applianceModeZones: Map<string, string>;
  /** The gateway by which the flow left to the internet. */
  exit?: Gateway;
}

/** Where the packet goes next. */
export type Next =
  | { readonly to: "router"; readonly subnet: Subnet }
  | { readonly to: "gateway router"; readonly gateway: Gateway; readonly vpc: Vpc }
  | { readonly to: "local"; readonly vpc: Vpc; readonly from?: Subnet }
  | { readonly to: "endpoint"; readonly endpoint: VpcEndpoint; readonly from?: Subnet }
  | { readonly to: "internet gateway"; readonly gateway: Gateway; readonly from: Subnet }
  | { readonly to: "NAT gateway"; readonly nat: NatGateway; readonly from?: Subnet }
  | { readonly to: "transit gateway"; readonly id: string; readonly from: Subnet }
  | { readonly to: "peering connection"; readonly id: string; readonly vpc: Vpc; readonly from?: Subnet }
  | { readonly to: "forwarding interface"; readonly networkInterface: NetworkInterface; readonly from?: Subnet }
  | { readonly to: "inbound"; readonly gateway: Gateway }
  | { readonly to: "end"; readonly verdict: Verdict };

/** A packet under way: what it looks like now, where it has been, and what AWS remembers of its flow. */
export class Journey {
  readonly hops: Hop[] = [];
  private readonly lookups = new Set<string>();

  constructor(
    readonly topology: Topology,
    public packet: Packet,
    readonly memory: FlowMemory,
    /** Whether the packet belongs to a flow that stateful filters know. */
    readonly established: boolean,
  ) {}

  /** Adds a hop; the packet is recorded as it is now. */
  hop(hop: Omit<Hop, "packet" | "filters" | "assumptions"> & Partial<Pick<Hop, "filters" | "assumptions">>): void {
    this.hops.push({ filters: [], assumptions: [], ...hop, packet: this.packet });
  }

  /** Remembers that a table was asked about this packet; false when it has been before, so that the packet loops. */
  firstLookup(key: string): boolean {
    const whole = `${key} ${this.packet.source.text} ${this.packet.destination.text}`;
    if (this.lookups.has(whole)) return false;
    this.lookups.add(whole);
    return true;
  }

  /** What the network ACLs say when the packet goes from one subnet to another. They are stateless. */
  networkAcls(from: Subnet | undefined, to: Subnet | undefined): readonly FilterVerdict[] {
    if (from?.id === to?.id) return [];
    return [
      ...(from ? [networkAclVerdict(this.topology, from, "egress", this.packet)] : []),
      ...(to ? [networkAclVerdict(this.topology, to, "ingress", this.packet)] : []),
    ];
  }

  /** What an interface's security groups say; nothing for a reply, which they let pass, and for an assumed host. */
  securityGroups(networkInterface: NetworkInterface, direction: "ingress" | "egress"): readonly FilterVerdict[] {
    if (this.established || networkInterface.kind === "host") return [];
    const subnet = byId(this.topology.subnets, networkInterface.subnetId);
    return [securityGroupVerdict(this.topology, networkInterface, subnet, direction, this.packet)];
  }
}

/** The end of a walk when a filter denies the packet or its verdict is not known. */
export function stoppedBy(filters: readonly FilterVerdict[]): Next | undefined {
  const stop = filters.find((one) => one.decision !== "allow");
  if (!stop) return undefined;
  const where = `${stop.filter} ${stop.name}`;
  const why = `${stop.direction}: ${stop.why}`;
  return end({ kind: stop.decision === "deny" ? "dropped" : "cannot determine", where, why });
}

/** The end of a walk. */
export function end(verdict: Verdict): Next {
  return { to: "end", verdict };
}

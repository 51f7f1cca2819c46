import { Packet } from "./packet";
import { FilterVerdict } from "./security-group-verdict";

/** What a hop is. */
export type HopKind =
  | "host"
  | "internet"
  | "VPC router"
  | "GWLB endpoint"
  | "Gateway Load Balancer"
  | "appliance"
  | "internet gateway"
  | "egress-only internet gateway"
  | "NAT gateway"
  | "transit gateway"
  | "peering connection"
  | "network interface"
  | "gateway endpoint"
  | "other gateway";

/** The route table that chose the next hop, and its route. */
export interface RouteChoice {
  readonly tableId: string;
  readonly table: string;
  readonly how: "associated" | "main" | "edge" | "transit gateway" | "implicit";
  /** CIDR block that matched. */
  readonly destination: string;
  /** The next hop, for people. */
  readonly target: string;
  readonly origin: string;
  /** The resource that defines the route; nothing for implicit local and propagated routes. */
  readonly route?: string;
}

/** GENEVE between a Gateway Load Balancer and an appliance. RFC 8926. */
export interface Encapsulation {
  readonly protocol: "GENEVE";
  /** The load balancer's subnet: AWS chooses its node's address in it. */
  readonly outerSource: string;
  readonly outerDestination: string;
  readonly udpPort: 6081;
  readonly vni: 0;
}

/** An address that was rewritten. */
export interface Translation {
  readonly field: "source" | "destination";
  readonly from: string;
  readonly to: string;
}

/** One hop of a walk. */
export interface Hop {
  readonly kind: HopKind;
  /** Id of the part of the topology, where it is one. */
  readonly id?: string;
  /** Terraform's address, or what stands for it. */
  readonly name: string;
  readonly vpcId?: string;
  readonly subnetId?: string;
  readonly zone?: string;
  /** One sentence: what happens here. */
  readonly text: string;
  /** The packet as it leaves the hop, without its encapsulation. */
  readonly packet: Packet;
  readonly route?: RouteChoice;
  readonly encapsulation?: Encapsulation;
  readonly translation?: Translation;
  readonly filters: readonly FilterVerdict[];
  /** What had to be assumed here. */
  readonly assumptions: readonly string[];
  /** Largest packet in bytes that passes here, where it is below the 9001 of a network interface. */
  readonly mtu?: number;
}

/** How a walk ended. `where` names the hop. */
export type Verdict =
  | { readonly kind: "delivered"; readonly where: string }
  | { readonly kind: "dropped"; readonly where: string; readonly why: string }
  | { readonly kind: "loop"; readonly where: string; readonly why: string }
  | { readonly kind: "cannot determine"; readonly where: string; readonly why: string };

/** A packet's way. */
export interface Walk {
  /** As sent. */
  readonly packet: Packet;
  readonly hops: readonly Hop[];
  readonly verdict: Verdict;
  /** Ids of the GWLB endpoints crossed, in order. */
  readonly endpoints: readonly string[];
  /** Smallest MTU on the way, bytes. */
  readonly mtu: number;
}

/** A packet's way out, the reply's way back, and whether the same appliance sees both. */
export interface RoundTrip {
  readonly out: Walk;
  /** Nothing when the packet did not arrive. */
  readonly back?: Walk;
  readonly verdict: Verdict | { readonly kind: "asymmetric"; readonly where: string; readonly why: string };
}

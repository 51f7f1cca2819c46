import type { HopKind } from "../../topology/walk-result";
import { interfaceHost } from "../fabric/network-interface";
import type { InstancePort, Wiring } from "../fabric/wiring";
import { GATEWAY_LOAD_BALANCER_HOST } from "../gwlb/emulator-configuration";
import type { SeenEncapsulation, SeenPacket, Sighting } from "./sighting";

/** A packet's stay in one namespace: where it came in and where it left, or one of both at the ends of its way. */
export interface Passage {
  readonly host: string;
  readonly sightings: readonly Sighting[];
}

/** One hop of a packet's way as it was seen, in the words of a predicted walk. */
export interface ObservedHop {
  readonly kind: HopKind;
  /** Of the topology, where the hop is a part of it. */
  readonly id?: string;
  readonly subnetId?: string;
  /** Namespace. */
  readonly host: string;
  /** Interfaces of the namespace. */
  readonly in?: string;
  readonly out?: string;
  /** The packet as it leaves the hop, or as it arrived where it does not leave. */
  readonly packet: SeenPacket;
  readonly ttlIn?: number;
  readonly ttlOut?: number;
  readonly encapsulation?: SeenEncapsulation | undefined;
  /** Namespaces behind the hop that are no hops of a walk: network interfaces, routers that carry GENEVE. */
  readonly behind: readonly Passage[];
}

/** The sightings of one packet, in the order of time, cut where it changes the namespace. */
export function passagesOf(sightings: readonly Sighting[]): readonly Passage[] {
  const passages: Passage[] = [];
  for (const sighting of sightings) {
    const last = passages.at(-1);
    const left = last?.sightings.at(-1)?.direction === "out" && sighting.direction === "in";
    if (last?.host === sighting.host && !left) {
      passages[passages.length - 1] = { ...last, sightings: [...last.sightings, sighting] };
    } else {
      passages.push({ host: sighting.host, sightings: [sighting] });
    }
  }
  return passages;
}

/** The hops that a packet's sightings make. @param sightings of one packet, the earliest first */
export function observedHops(wiring: Wiring, sightings: readonly Sighting[]): readonly ObservedHop[] {
  const hops: ObservedHop[] = [];
  for (const passage of passagesOf(sightings)) {
    const found = hopsOf(wiring, passage);
    const last = hops.at(-1);
    if (found.length === 0 && last) {
      const left = passage.host === interfaceHost(last.host) ? asItLeft(passage) : {};
      hops[hops.length - 1] = { ...last, ...left, behind: [...last.behind, passage] };
    }
    hops.push(...found);
  }
  return hops;
}

/**
 * What leaves an instance is what its network interface gets: in the instance itself a capture of all interfaces begins at
 * the network header, which encapsulation at tc egress leaves at the inner packet.
 */
function asItLeft({ sightings: [first] }: Passage): Pick<ObservedHop, "encapsulation"> {
  return { encapsulation: first?.encapsulation };
}

/** Nothing for a namespace that is no hop of a walk. */
function hopsOf(wiring: Wiring, passage: Passage): ObservedHop[] {
  const { host } = passage;
  const instance = wiring.instances.find((port) => port.host === host);
  if (instance) return [instanceHop(instance, passage)];
  if (wiring.instances.some((port) => interfaceHost(port.host) === host)) return [];
  if (host === GATEWAY_LOAD_BALANCER_HOST) return loadBalancerHops(wiring, passage);
  const vpc = wiring.vpcs.find((one) => host === one.host);
  const isUnderlay = passage.sightings.some(({ encapsulation }) => encapsulation !== undefined);
  if (vpc) return isUnderlay ? [] : [{ kind: "VPC router", id: vpc.vpc.id, ...stay(passage) }];
  const behind = wiring.vpcs.find((one) => host === `${one.host}-igw`);
  if (behind) {
    const gateway = wiring.topology.gateways.find(
      (one) => one.vpcId === behind.vpc.id && one.kind === "internet gateway",
    );
    return [{ kind: "internet gateway", ...(gateway ? { id: gateway.id } : {}), ...stay(passage) }];
  }
  const isForwarded = new Set(passage.sightings.map(({ direction }) => direction)).size === 2;
  return isForwarded ? [] : [{ kind: "internet", ...stay(passage) }];
}

function instanceHop({ role, instance, networkInterface }: InstancePort, passage: Passage): ObservedHop {
  const kind = role === "appliance" ? "appliance" : "host";
  return { kind, id: instance.id, subnetId: networkInterface.subnetId, ...stay(passage) };
}

/** An endpoint and the load balancer behind it are one namespace: the interface says which of both it is. */
function loadBalancerHops({ topology, endpoints, nodes }: Wiring, passage: Passage): ObservedHop[] {
  const [balancer] = topology.loadBalancers.filter(({ kind }) => kind === "gateway");
  return passage.sightings.map((sighting): ObservedHop => {
    const whole = stay({ ...passage, sightings: [sighting] });
    const endpoint = endpoints.find((port) => port.interface === sighting.interface);
    if (endpoint) return { kind: "GWLB endpoint", id: endpoint.endpoint.id, subnetId: endpoint.subnet.id, ...whole };
    const node = nodes.find((port) => port.interface === sighting.interface);
    return {
      kind: "Gateway Load Balancer",
      ...(balancer ? { id: balancer.id } : {}),
      ...(node ? { subnetId: node.subnet.id } : {}),
      ...whole,
      // What arrives in GENEVE leaves this hop without it.
      ...(sighting.direction === "in" ? { encapsulation: undefined } : {}),
    };
  });
}

function stay({ host, sightings }: Passage): Omit<ObservedHop, "kind"> {
  const arrived = sightings.find(({ direction }) => direction === "in");
  const left = sightings.findLast(({ direction }) => direction === "out");
  const last = left ?? arrived;
  if (!last) throw new Error(`trace: a passage of ${host} has no sighting; this is a defect of passagesOf()`);
  return {
    host,
    ...(arrived ? { in: arrived.interface, ttlIn: arrived.packet.ttl } : {}),
    ...(left ? { out: left.interface, ttlOut: left.packet.ttl } : {}),
    packet: last.packet,
    ...(left?.encapsulation ? { encapsulation: left.encapsulation } : {}),
    behind: [],
  };
}

import { ICMP_TYPE } from "../../appliance-agent/src/codec/icmp";
import { IP_PROTOCOL } from "../../appliance-agent/src/codec/ip-protocol";
import type { Packet } from "../topology/packet";
import type { Topology } from "../topology/topology";
import type { JudgedPacket } from "./appliance-decision";

/** ICMPv6 echo: RFC 4443 §4. */
const ICMPV6_TYPE = { echoRequest: 128, echoReply: 129 } as const;

/** What AWS calls an endpoint, and in it the 64 bits that GENEVE carries. */
const ENDPOINT_ID = /^vpce-0([0-9a-f]{16})$/;

/**
 * A packet of a walk as rules see it; ICMP is an echo.
 *
 * @returns nothing where an address is not known yet
 */
export function judgedPacket(
  topology: Topology,
  { source, destination, protocol, sourcePort, destinationPort }: Packet,
  direction: "request" | "reply",
  endpointId: string | undefined,
): JudgedPacket | undefined {
  if (!source.address || !destination.address) return undefined;
  const isIcmp = protocol === "icmp" || protocol === "icmpv6";
  const types = protocol === "icmp" ? ICMP_TYPE : ICMPV6_TYPE;
  // A plan's id may be one that the offline plan has made up.
  const endpoint = topology.source === "state" ? ENDPOINT_ID.exec(endpointId ?? "")?.[1] : undefined;
  return {
    ...(endpoint === undefined ? {} : { endpoint: BigInt(`0x${endpoint}`) }),
    family: source.address.family,
    source: source.address.value,
    destination: destination.address.value,
    protocol: IP_PROTOCOL[protocol],
    sourcePort,
    destinationPort,
    icmpType: isIcmp ? (direction === "request" ? types.echoRequest : types.echoReply) : undefined,
    fragment: "none",
  };
}

import { ICMP_TYPE } from "../../../appliance-agent/src/codec/icmp";
import { IP_PROTOCOL } from "../../../appliance-agent/src/codec/ip-protocol";
import { TCP_FLAG } from "../../../appliance-agent/src/codec/tcp";
import type { SeenPacket } from "./sighting";

/** What can be sent to be followed. */
export const PROBE_NAMES = ["ping", "syn", "http", "https"] as const;

/** A name of `PROBE_NAMES`. */
export type ProbeName = (typeof PROBE_NAMES)[number];

/** A packet to any port: where nobody listens yet, the lab does. */
export interface PortProbe {
  readonly protocol: "tcp" | "udp";
  /** At the destination, 1 to 65535. */
  readonly port: number;
}

/** What is asked for: by name, or by port. */
export type Probed = ProbeName | PortProbe;

/** One packet that is sent, and its answer. */
export interface Probe {
  /** For people. */
  readonly title: string;
  readonly protocol: "icmp" | "tcp" | "udp";
  /** Of TCP and UDP, at the destination. */
  readonly port?: number;
  /** Sends it. @param host name or address of the destination */
  readonly command: (host: string) => readonly string[];
  /** Whether a packet is the one that is followed. */
  readonly isRequest: (packet: SeenPacket) => boolean;
  /** Whether a packet in the other direction is the answer that is followed. */
  readonly isReply: (packet: SeenPacket) => boolean;
  /** Whether whoever receives it opens a connection of its own with the same request, when it is a proxy. */
  readonly isProxied: boolean;
}

/** Seconds for an answer. */
const PATIENCE = "5";

/** Record and handshake types of TLS. RFC 8446 §5.1, §4. */
const TLS = { handshake: 22, clientHello: 1, serverHello: 2 } as const;

const hasFlags = (packet: SeenPacket, flags: number): boolean =>
  ((packet.tcpFlags ?? 0) & (TCP_FLAG.syn | TCP_FLAG.ack | TCP_FLAG.rst)) === flags;
const icmpType = (packet: SeenPacket): number | undefined =>
  packet.protocol === IP_PROTOCOL.icmp ? packet.data[0] : undefined;
const startsWith = (packet: SeenPacket, text: string): boolean =>
  packet.tcpFlags !== undefined && Buffer.from(packet.data.subarray(0, text.length)).toString("latin1") === text;
/** Datagrams of a trace: the answer differs from what is asked, so that one is not taken for the other. */
export const DATAGRAM = { request: "gwlb-lab asks", reply: "gwlb-lab answers" } as const;

const isDatagram = (packet: SeenPacket, text: string): boolean =>
  packet.protocol === IP_PROTOCOL.udp && Buffer.from(packet.data).toString("latin1") === text;
const isHandshake = (packet: SeenPacket, type: number): boolean =>
  packet.tcpFlags !== undefined && packet.data[0] === TLS.handshake && packet.data[5] === type;

/** The first packet of a TCP connection and its answer. */
export const CONNECTION_ATTEMPT: Pick<Probe, "title" | "isRequest" | "isReply"> = {
  title: "TCP SYN",
  isRequest: (packet) => hasFlags(packet, TCP_FLAG.syn),
  isReply: (packet) => hasFlags(packet, TCP_FLAG.syn | TCP_FLAG.ack),
};

/** A connection, or one datagram, to a port. */
function portProbe({ protocol, port }: PortProbe): Probe {
  const common = { protocol, port, isProxied: false };
  const bash = (script: string): readonly string[] => ["timeout", PATIENCE, "bash", "-c", script];
  if (protocol === "tcp") {
    return {
      ...common,
      title: `TCP SYN to port ${String(port)}`,
      command: (host) => bash(`exec 3<>/dev/tcp/${host}/${String(port)}`),
      isRequest: (packet) => CONNECTION_ATTEMPT.isRequest(packet) && packet.destinationPort === port,
      isReply: CONNECTION_ATTEMPT.isReply,
    };
  }
  return {
    ...common,
    title: `UDP datagram to port ${String(port)}`,
    // head reads a whole datagram at once; bash's own read takes a byte and leaves nothing of the rest.
    command: (host) =>
      bash(`exec 3<>/dev/udp/${host}/${String(port)}; printf '${DATAGRAM.request}' >&3; head -c 1 <&3`),
    isRequest: (packet) => isDatagram(packet, DATAGRAM.request) && packet.destinationPort === port,
    isReply: (packet) => isDatagram(packet, DATAGRAM.reply),
  };
}

/** The probe that is asked for. @param inwards whether an outside host sends it to a client */
export const probeOf = (probed: Probed, inwards: boolean): Probe =>
  typeof probed === "string" ? probesOf(inwards)[probed] : portProbe(probed);

/**
 * Every probe that has a name. A client sends `syn` to the web servers' port 443, and gets it at its own port 80, where it listens.
 *
 * @param inwards whether an outside host sends it to a client
 */
export const probesOf = (inwards: boolean): Readonly<Record<ProbeName, Probe>> => ({
  ping: {
    title: "ICMP echo request",
    protocol: "icmp",
    command: (host) => ["ping", "-n", "-c", "1", "-W", PATIENCE, host],
    isRequest: (packet) => icmpType(packet) === ICMP_TYPE.echoRequest,
    isReply: (packet) => icmpType(packet) === ICMP_TYPE.echoReply,
    isProxied: false,
  },
  syn: portProbe({ protocol: "tcp", port: inwards ? 80 : 443 }),
  http: {
    title: "HTTP GET",
    protocol: "tcp",
    port: 80,
    command: (host) => ["curl", "--silent", "--show-error", "--max-time", PATIENCE, `http://${host}/`],
    isRequest: (packet) => startsWith(packet, "GET "),
    isReply: (packet) => startsWith(packet, "HTTP/1."),
    isProxied: true,
  },
  https: {
    title: "TLS ClientHello of an HTTPS GET",
    protocol: "tcp",
    port: 443,
    // Whom the certificate names is not the question here: an address is no name.
    command: (host) => ["curl", "--insecure", "--silent", "--show-error", "--max-time", PATIENCE, `https://${host}/`],
    isRequest: (packet) => isHandshake(packet, TLS.clientHello),
    isReply: (packet) => isHandshake(packet, TLS.serverHello),
    isProxied: true,
  },
});

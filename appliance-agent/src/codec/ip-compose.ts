import { concatBytes } from "./byte-view";
import { parseIpAddress } from "./ip-address";
import { IP_PROTOCOL } from "./ip-protocol";
import { IPV4_LENGTH, Ipv4, encodeIpv4 } from "./ipv4";
import { Ipv6, encodeIpv6 } from "./ipv6";
import { encodeIpv6Extension } from "./ipv6-extension";

/** An upper-layer header with its payload, and the protocol number that announces it. */
export interface UpperLayer {
  readonly protocol: number;
  readonly bytes: Uint8Array;
}

/** Fields of an IPv4 header that are not computed. */
export type Ipv4Fields = Partial<Omit<Ipv4, "source" | "destination" | "protocol" | "totalLength">>;

/** Fields of an IPv6 header that are not computed, and extension headers in front of the upper layer. */
export type Ipv6Fields = Partial<Omit<Ipv6, "source" | "destination" | "nextHeader" | "payloadLength">> & {
  /** Each names itself; what comes next is filled in. @default - none */
  readonly extensions?: readonly { readonly protocol: number; readonly data: Uint8Array }[];
};

/** Two ends of a packet, as text. */
export interface Ends {
  readonly source: string;
  readonly destination: string;
}

/** An IPv4 packet: lengths and checksum computed, TTL 64, DF, no options. */
export function composeIpv4(ends: Ends, upper: UpperLayer, fields: Ipv4Fields = {}): Uint8Array {
  const options = fields.options ?? new Uint8Array();
  const header = encodeIpv4({
    dscp: 0,
    ecn: 0,
    identification: 0,
    reservedFlag: false,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: 64,
    ...fields,
    options,
    totalLength: IPV4_LENGTH + options.length + upper.bytes.length,
    protocol: upper.protocol,
    source: parseIpAddress(ends.source),
    destination: parseIpAddress(ends.destination),
  });
  return concatBytes(header, upper.bytes);
}

/** An IPv6 packet: lengths and next headers computed, hop limit 64. */
export function composeIpv6(ends: Ends, upper: UpperLayer, fields: Ipv6Fields = {}): Uint8Array {
  const { extensions = [], ...given } = fields;
  const nextHeaders = [...extensions.map(({ protocol }) => protocol), upper.protocol];
  const payload = concatBytes(
    ...extensions.map((extension, i) =>
      encodeIpv6Extension({ ...extension, nextHeader: nextHeaders[i + 1] ?? IP_PROTOCOL.noNextHeader }),
    ),
    upper.bytes,
  );
  const header = encodeIpv6({
    trafficClass: 0,
    flowLabel: 0,
    hopLimit: 64,
    ...given,
    payloadLength: payload.length,
    nextHeader: nextHeaders[0] ?? IP_PROTOCOL.noNextHeader,
    source: parseIpAddress(ends.source),
    destination: parseIpAddress(ends.destination),
  });
  return concatBytes(header, payload);
}

/** {@link composeIpv4} or {@link composeIpv6}, as the source address says, with nothing unusual. */
export function composeIp(ends: Ends, upper: UpperLayer): Uint8Array {
  return ends.source.includes(":") ? composeIpv6(ends, upper) : composeIpv4(ends, upper);
}

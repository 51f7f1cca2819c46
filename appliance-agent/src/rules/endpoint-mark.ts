import { EndpointSlot, MARK_MASK, endpointMark } from "./endpoint-slot";

const hex = (number: number): string => `0x${number.toString(16)}`;
const mask = hex(MARK_MASK);
const connectionMark = (verb: string): string => `-j CONNMARK --${verb}-mark --nfmask ${mask} --ctmask ${mask}`;

/** Words of iptables(8) and ip-rule(8) about the mark that says which endpoint a packet or a connection is of. */
export const MARK = {
  /** `0x10000/0xffff0000` for slot 1, and so on. */
  of: (endpoint: EndpointSlot): string => `${hex(endpointMark(endpoint))}/${mask}`,
  /** A match: the packet has none. */
  none: `-m mark --mark 0x0/${mask}`,
  /** A match: it has one. To compare it costs less than to compare the name of a device. */
  any: `-m mark ! --mark 0x0/${mask}`,
  /** A target: the packet gets the endpoint's. */
  set: (endpoint: EndpointSlot): string => `-j MARK --set-xmark ${MARK.of(endpoint)}`,
  /** A target: its connection gets the packet's. */
  save: connectionMark("save"),
  /** A target: the packet gets its connection's. */
  restore: connectionMark("restore"),
} as const;

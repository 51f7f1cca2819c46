import { IP_PROTOCOL } from "../codec/ip-protocol";
import { ADDRESS_BITS, Cidr, Family } from "./cidr";
import { Conditions, PortRange, conditions } from "./conditions";
import { Rule } from "./rule";

/** Disjoint inclusive ranges in ascending order. */
type Ranges = readonly (readonly [first: bigint, last: bigint])[];

/** What a packet is asked for, one axis each; those on which rules differ most come first. */
const AXES = ["destinationPort", "source", "destination", "protocol", "sourcePort", "icmpType", "endpoint"] as const;

/** The packets of one family that a rule matches: those whose value on every axis is in its ranges. */
export interface Space {
  readonly family: Family;
  readonly axes: Readonly<Record<(typeof AXES)[number], Ranges>>;
}

/** On the axes of ports, ICMP type and protocol: a later fragment does not show it. Where a protocol has none it is -1. */
const UNKNOWN = -2n;

/** The packets that a rule matches, as `evaluate` defines it; one space, or one for each family. */
export function spacesOf(rule: Rule): Space[] {
  const wanted = conditions(rule);
  const families: readonly Family[] = wanted.family ? [wanted.family] : ["ipv4", "ipv6"];
  const unknown: Ranges = rule.action === "forward" ? [[UNKNOWN, UNKNOWN]] : [];
  return families.map((family) => ({
    family,
    axes: {
      source: addressRanges(family, wanted.source),
      destination: addressRanges(family, wanted.destination),
      protocol: wanted.protocol === undefined ? [[UNKNOWN, 255n]] : union([...unknown, just(wanted.protocol)]),
      sourcePort: portRanges(wanted, wanted.sourcePorts, unknown),
      destinationPort: portRanges(wanted, wanted.destinationPorts, unknown),
      icmpType: icmpTypeRanges(wanted, unknown),
      endpoint: wanted.endpoint === undefined ? [[0n, 0xffff_ffff_ffff_ffffn]] : [[wanted.endpoint, wanted.endpoint]],
    },
  }));
}

const just = (value: number): readonly [bigint, bigint] => [BigInt(value), BigInt(value)];

function addressRanges(family: Family, cidrs: readonly Cidr[] | undefined): Ranges {
  const bits = ADDRESS_BITS[family];
  if (!cidrs) return [[0n, (1n << BigInt(bits)) - 1n]];
  return union(cidrs.map(({ address, prefixLength }) => [address, address + (1n << BigInt(bits - prefixLength)) - 1n]));
}

/** TCP and UDP show ports, except in a later fragment; a packet that hides its protocol hides its ports. */
function portRanges({ protocol }: Conditions, ports: readonly PortRange[] | undefined, unknown: Ranges): Ranges {
  if (ports) return union([...unknown, ...ports.map(([first, last]) => [BigInt(first), BigInt(last)] as const)]);
  const shown = protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp;
  return shown
    ? [
        [UNKNOWN, UNKNOWN],
        [0n, 65535n],
      ]
    : [[UNKNOWN, 65535n]];
}

/** ICMP shows its type, except in a later fragment. */
function icmpTypeRanges({ protocol, icmpType }: Conditions, unknown: Ranges): Ranges {
  if (icmpType !== undefined) return union([...unknown, just(icmpType)]);
  const shown = protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmpv6;
  return shown
    ? [
        [UNKNOWN, UNKNOWN],
        [0n, 255n],
      ]
    : [[UNKNOWN, 255n]];
}

/** Whether a packet lies in both. */
export function meet(a: Space, b: Space): boolean {
  return a.family === b.family && AXES.every((axis) => rangesMeet(a.axes[axis], b.axes[axis]));
}

function rangesMeet(a: Ranges, b: Ranges): boolean {
  return a.some(([first, last]) => b.some(([from, to]) => first <= to && from <= last));
}

/**
 * What of `space` lies outside `taken`, in disjoint pieces; `space` itself when they have nothing in common.
 *
 * One piece for each axis: outside on that axis, inside on those before it.
 */
export function subtract(space: Space, taken: Space): readonly Space[] {
  if (!meet(space, taken)) return [space];
  const pieces: Space[] = [];
  let inside = space.axes;
  for (const axis of AXES) {
    const outside = difference(space.axes[axis], taken.axes[axis]);
    if (outside.length > 0) pieces.push({ family: space.family, axes: { ...inside, [axis]: outside } });
    inside = { ...inside, [axis]: intersection(space.axes[axis], taken.axes[axis]) };
  }
  return pieces;
}

function union(ranges: Ranges): Ranges {
  const merged: [bigint, bigint][] = [];
  for (const [first, last] of [...ranges].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const previous = merged.at(-1);
    if (previous && first <= previous[1] + 1n) previous[1] = last > previous[1] ? last : previous[1];
    else merged.push([first, last]);
  }
  return merged;
}

function intersection(a: Ranges, b: Ranges): Ranges {
  return a.flatMap(([first, last]) =>
    b.flatMap(([from, to]): Ranges => {
      const low = first > from ? first : from;
      const high = last < to ? last : to;
      return low <= high ? [[low, high]] : [];
    }),
  );
}

function difference(a: Ranges, b: Ranges): Ranges {
  return b.reduce<Ranges>(
    (rest, [from, to]) =>
      rest.flatMap(([first, last]): Ranges => {
        if (last < from || first > to) return [[first, last]];
        return [
          ...(first < from ? [[first, from - 1n] as const] : []),
          ...(last > to ? [[to + 1n, last] as const] : []),
        ];
      }),
    a,
  );
}

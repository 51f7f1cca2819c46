import { Family, cidrsOf } from "./cidr";
import { MARK } from "./endpoint-mark";
import { EndpointSlot, MAX_SLOT } from "./endpoint-slot";

/**
 * Marks rules and routes as ours, as `proto dhcp` marks a DHCP client's: what carries it is removed when it is not
 * wanted. Free according to /etc/iproute2/rt_protos and linux/rtnetlink.h.
 */
export const ROUTE_PROTOCOL = 81;

/** Tables are 60810001 for slot 1 and so on: after GENEVE's port, away from the small numbers that people choose. */
export const TABLE_BASE = 60_810_000;

/**
 * Preferences of `ip rule`, in the order in which the kernel asks. Above 100, which create scripts written for AWS's
 * tunnel handler use, and far below main's 32766.
 */
export const RULE_PREFERENCE = { underlay: 110, ingress: 111, mark: 112 } as const;

/** IPv6's default metric; given to IPv4 too, so that both read back alike. */
const DEVICE_METRIC = 1024;

/** Of the route that catches what has no device: the largest, so that any other is better. */
const BLACKHOLE_METRIC = 4_294_967_295;

/** Rules and routes, each the words that `ip rule add` and `ip route replace` take. */
export interface PolicyRouting {
  readonly rules: readonly string[];
  readonly routes: readonly string[];
}

/**
 * The way of a decapsulated packet, leaving the main table (SSH, SSM, updates, GENEVE itself) as it is:
 *
 * 1. to a destination that the configuration names (the bastion): the main table, from the underlay
 * 2. from gwi-X: gwo-X; while that is missing, nowhere, rather than out of the underlay
 * 3. an answer whose connection came from gwi-X (`desiredIptables` marked it): the same
 *
 * @param underlayDestinations CIDRs of either family
 */
export function policyRouting(
  family: Family,
  endpoints: readonly EndpointSlot[],
  underlayDestinations: readonly string[],
): PolicyRouting {
  const { underlay, ingress, mark } = RULE_PREFERENCE;
  const ours = `protocol ${ROUTE_PROTOCOL}`;
  return {
    rules: [
      ...cidrsOf(family, underlayDestinations).map((cidr) => `pref ${underlay} to ${cidr} lookup main ${ours}`),
      ...endpoints.map((it) => `pref ${ingress} iif ${it.ingress} lookup ${tableOf(it)} ${ours}`),
      ...endpoints.map((it) => `pref ${mark} fwmark ${MARK.of(it)} lookup ${tableOf(it)} ${ours}`),
    ],
    routes: endpoints.flatMap((it) => [
      `blackhole default metric ${BLACKHOLE_METRIC} table ${tableOf(it)} ${ours}`,
      `default dev ${it.egress} metric ${DEVICE_METRIC} table ${tableOf(it)} ${ours}`,
    ]),
  };
}

const tableOf = ({ slot }: EndpointSlot): number => TABLE_BASE + slot;

/** The slot whose table a rule or route names; undefined when it is of no endpoint. @param words of `ip` */
export function slotOfCommand(words: readonly string[]): number | undefined {
  const table = words[words.findIndex((word) => word === "lookup" || word === "table") + 1];
  const slot = Number(table) - TABLE_BASE;
  return slot >= 1 && slot <= MAX_SLOT ? slot : undefined;
}

/** A rule as `ip -json rule show` prints it; other members are ignored. */
interface RuleJson {
  readonly priority: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly iif?: string;
  readonly fwmark?: string;
  readonly fwmask?: string;
  readonly table: string;
  readonly protocol?: string;
}

/** A route as `ip -json route show table all protocol 81` prints it; other members are ignored. */
interface RouteJson {
  readonly type?: string;
  readonly dst: string;
  readonly dev?: string;
  readonly metric?: number;
  readonly table?: string;
}

/**
 * Our rules and routes as the kernel has them.
 *
 * @param rules what `ip -json -4 rule show` (or -6) prints
 * @param routes what `ip -json -4 route show table all protocol 81` prints
 */
export function parsePolicyRouting(family: Family, rules: string, routes: string): PolicyRouting {
  return {
    rules: parseJsonList<RuleJson>(rules).flatMap((rule) => formatRule(family, rule)),
    routes: parseJsonList<RouteJson>(routes).map(formatRoute),
  };
}

/** `ip -json` prints nothing at all, or `[ ]`, for an empty list. */
function parseJsonList<T>(text: string): readonly T[] {
  return text.trim() === "" ? [] : (JSON.parse(text) as readonly T[]);
}

function formatRule(family: Family, rule: RuleJson): string[] {
  if (rule.protocol !== String(ROUTE_PROTOCOL)) return [];
  const { dst, dstlen = family === "ipv4" ? 32 : 128, iif, fwmark, fwmask } = rule;
  return [
    [
      `pref ${rule.priority}`,
      ...(dst === undefined || dst === "all" ? [] : [`to ${dst}/${dstlen}`]),
      ...(iif === undefined ? [] : [`iif ${iif}`]),
      ...(fwmark === undefined ? [] : [`fwmark ${fwmark}/${fwmask ?? "0xffffffff"}`]),
      `lookup ${rule.table} protocol ${ROUTE_PROTOCOL}`,
    ].join(" "),
  ];
}

function formatRoute({ type, dst, dev, metric = 0, table = "main" }: RouteJson): string {
  const blackhole = type === "blackhole";
  const to = blackhole ? `blackhole ${dst}` : dev === undefined ? dst : `${dst} dev ${dev}`;
  return `${to} metric ${metric} table ${table} protocol ${ROUTE_PROTOCOL}`;
}

/**
 * The commands that make `observed` into `desired`, in an order in which no packet takes a wrong way: a table is filled
 * before a rule points to it, and emptied after.
 *
 * @returns argument lists for `ip`; none when there is nothing to change
 */
export function policyRoutingCommands(family: Family, desired: PolicyRouting, observed: PolicyRouting): string[][] {
  const only = (these: readonly string[], those: readonly string[]) => these.filter((it) => !those.includes(it));
  const commands = (verb: string, texts: readonly string[]) =>
    texts.map((text) => [family === "ipv4" ? "-4" : "-6", ...verb.split(" "), ...text.split(" ")]);
  return [
    ...commands("route replace", only(desired.routes, observed.routes)),
    ...commands("rule add", only(desired.rules, observed.rules)),
    ...commands("rule del", only(observed.rules, desired.rules)),
    ...commands("route del", only(observed.routes, desired.routes)),
  ];
}

/**
 * The slots that are in use, by name of the ingress device: what `assignSlots` needs after the agent was started again.
 */
export function slotsInUse(observed: PolicyRouting): Map<string, number> {
  return new Map(
    observed.rules.flatMap((rule): [string, number][] => {
      const [, ingress, table] = / iif (\S+) lookup (\d+) /.exec(rule) ?? [];
      return ingress === undefined ? [] : [[ingress, Number(table) - TABLE_BASE]];
    }),
  );
}

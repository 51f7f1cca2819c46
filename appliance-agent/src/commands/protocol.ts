import type { CommandArguments } from "./command";

/** IANA protocol numbers with a name that every reader knows. */
const PROTOCOL_NAMES: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6" };

/** The name that rules use for a protocol, or its number. */
export function formatProtocol(protocol: number): string {
  return PROTOCOL_NAMES[protocol] ?? String(protocol);
}

/** @throws CommandError (usage) when `text` is neither a name nor a number of a protocol */
export function parseProtocol(given: CommandArguments, text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return Number(text);
  const [number] = Object.entries(PROTOCOL_NAMES).find(([, name]) => name === text) ?? [];
  if (number !== undefined) return Number(number);
  throw given.wrong(`a protocol is tcp, udp, icmp, icmpv6 or a number up to 255, got '${text}'`);
}

import type { FiveTuple } from "../rules/five-tuple";
import type { CommandArguments } from "./command";
import { parseProtocol } from "./protocol";

const PORTED = new Set([6, 17]);
const ICMP = new Set([1, 58]);

/**
 * The packet that `<protocol> <source>[:port] <destination>[:port]` means.
 *
 * @throws CommandError (usage) that says what is missing or not understood
 */
export function packetOf(given: CommandArguments): FiveTuple {
  const [protocolText, source, destination] = given.positionals;
  if (protocolText === undefined || source === undefined || destination === undefined)
    throw given.wrong(`needs <protocol> <source> <destination>, got ${given.positionals.length} arguments`);
  const protocol = parseProtocol(given, protocolText);
  const endpoint = given.optional("endpoint");
  if (endpoint !== undefined && !/^[0-9a-f]{16}$/.test(endpoint))
    throw given.wrong(`--endpoint must be 16 hexadecimal digits, got '${endpoint}'`);
  const from = parseEnd(given, source, PORTED.has(protocol));
  const to = parseEnd(given, destination, PORTED.has(protocol));
  return {
    protocol,
    source: from.address,
    destination: to.address,
    ...(from.port === undefined ? {} : { sourcePort: from.port }),
    ...(to.port === undefined ? {} : { destinationPort: to.port }),
    ...(ICMP.has(protocol) ? { icmpType: given.integer("icmp-type", 0, 255) } : {}),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** `10.1.0.5:443`, `[2001:db8::5]:443`, or an address alone where the protocol has no ports. */
function parseEnd(given: CommandArguments, text: string, ported: boolean): { address: string; port?: number } {
  const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  const port = Number(portText);
  if (!ported) {
    if (address !== undefined) throw given.wrong(`this protocol has no ports, got '${text}'`);
    return { address: text.replace(/^\[(.*)\]$/, "$1") };
  }
  if (address === undefined || port > 65_535)
    throw given.wrong(`write <address>:<port>, IPv6 as [2001:db8::5]:443, got '${text}'`);
  return { address, port };
}

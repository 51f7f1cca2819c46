import { Loose } from "./planned-modules";

/** The rule of the agent that an HCL rule means. */
export function agentRule({ name, match, action }: Loose): Loose {
  const number = (text: string): unknown => (/^(0|[1-9]\d*)$/.test(text) ? Number(text) : text);
  const ports = (it: string[]): unknown =>
    it.map((text) => (/^\d+-\d+$/.test(text) ? text.split("-").map(number) : number(text)));
  const { protocol, source_ports: source, destination_ports: destination, icmp_type: icmpType, ...rest } = match;
  return {
    name,
    match: {
      ...rest,
      ...(protocol === undefined ? {} : { protocol: number(protocol) }),
      ...(source === undefined ? {} : { sourcePorts: ports(source) }),
      ...(destination === undefined ? {} : { destinationPorts: ports(destination) }),
      ...(icmpType === undefined ? {} : { icmpType }),
    },
    action,
  };
}

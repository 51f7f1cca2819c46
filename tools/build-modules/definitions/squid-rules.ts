/** HCL of the rules of the preset squidBastion. */
export function squidRulesExpression(clients: string, ports: string, quic: string): string {
  const only = (rule: string, when: string): string => `[for rule in [${rule}] : rule if ${when}]`;
  const inbound = `{ name = "drop-inbound-ipv4", match = { protocol = "tcp", destination = [${clients}], destinationPorts = ${ports} }, action = "drop" }`;
  const http3 = `{ name = "drop-quic-ipv4", match = { protocol = "udp", source = [${clients}], destinationPorts = [443] }, action = "drop" }`;
  return `concat(${only(inbound, `length(${ports}) > 0`)}, ${only(http3, `${quic} == "drop"`)})`;
}

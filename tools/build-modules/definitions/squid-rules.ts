import { replaceMarks } from "../generalize/marks";

/** HCL of the rules of the preset squidBastion. @param clients a list of IPv4 CIDRs */
export function squidRulesExpression(clients: string, ports: string, quic: string): string {
  const only = (rule: string, when: string): string => `[for rule in [${rule}] : rule if ${when}]`;
  const inbound = `{ name = "drop-inbound-ipv4", match = { protocol = "tcp", destination = ${clients}, destinationPorts = ${ports} }, action = "drop" }`;
  const http3 = `{ name = "drop-quic-ipv4", match = { protocol = "udp", source = ${clients}, destinationPorts = [443] }, action = "drop" }`;
  return `concat(${only(inbound, `length(${ports}) > 0`)}, ${only(http3, `${quic} == "drop"`)})`;
}

/**
 * HCL of lines that name the sample's client CIDR, for every client of a list: lines in a row that name it are repeated
 * for each client, as `squidBastionIptables` writes them.
 *
 * @param clients HCL of a list of IPv4 CIDRs
 * @param bastion HCL of the bastion's address
 */
export function clientLinesExpression(lines: readonly string[], clients: string, bastion: string): string {
  const runs: { readonly perClient: boolean; readonly texts: string[] }[] = [];
  for (const line of lines) {
    let perClient = false;
    const text = replaceMarks(JSON.stringify(line), ({ meaning }) => {
      perClient ||= meaning === "client_vpc_cidr";
      return `\${${meaning === "client_vpc_cidr" ? "client" : bastion}}`;
    });
    const last = runs.at(-1);
    if (last?.perClient === perClient) last.texts.push(text);
    else runs.push({ perClient, texts: [text] });
  }
  const parts = runs.map(({ perClient, texts }) =>
    perClient ? `flatten([for client in ${clients} : [${texts.join(", ")}]])` : `[${texts.join(", ")}]`,
  );
  return `concat(${parts.join(", ")})`;
}

import { addressFamily } from "../rules/cidr";
import type { Flow, FlowFilter } from "../datapath/data-path";
import type { Command, CommandArguments } from "./command";
import { formatSeconds } from "./duration";
import { CommandError, EXIT } from "./exit-code";
import { formatJson } from "./json";
import { JSON_OPTION, PATH_OPTIONS } from "./path-options";
import { withPinnedDataPath } from "./pinned-data-path";
import { formatProtocol, parseProtocol } from "./protocol";
import { formatTable } from "./table";

/** `gwlb-agent flows` */
export const flows: Command = {
  description:
    "Lists flows that routed mode remembers, to send their packets back the way they came. The two ends are in a fixed\norder, not client and server. Hairpin modes remember none.",
  examples: [
    ["gwlb-agent flows --address 10.1.0.5 --port 443", "the flows of one client"],
    ["gwlb-agent flows --json --limit 100000", "all of them, for a script"],
  ],
  options: {
    endpoint: { value: "<16 hex digits>", description: "only flows of this endpoint" },
    protocol: { value: "<tcp|udp|icmp|icmpv6|number>", description: "only flows of this protocol" },
    address: { value: "<address>", description: "only flows with this address at either end" },
    port: { value: "<port>", description: "only flows with this port at either end" },
    limit: { value: "<number>", description: "most flows shown", default: "1000" },
    ...JSON_OPTION,
    ...PATH_OPTIONS,
  },
  capabilities: ["CAP_BPF"],
  async run(given, terminal) {
    const filter = flowFilter(given);
    const { found, table } = withPinnedDataPath("flows", given, (dataPath) => {
      if (dataPath.options.mode === "routed")
        return { found: dataPath.readFlows(filter), table: dataPath.readFlowTable() };
      const remedy = "see 'gwlb-agent rules' and 'gwlb-agent capture'";
      throw new CommandError(EXIT.notRunning, `flows: only routed mode remembers flows, got hairpin; ${remedy}`);
    });
    if (given.has("json")) terminal.out(formatJson({ table, flows: found }));
    else {
      terminal.out(formatTable(COLUMNS, found.map(flowRow)));
      terminal.out(
        `${found.length} shown of ${table.live}; room for ${table.capacity}, ${table.evicted} pushed out so far`,
      );
    }
    return EXIT.ok;
  },
};

const COLUMNS = [
  { title: "protocol" },
  { title: "one end" },
  { title: "other end" },
  { title: "endpoint" },
  { title: "from" },
  { title: "silent for", align: "right" },
] as const;

function flowRow(flow: Flow): string[] {
  return [
    formatProtocol(flow.protocol),
    formatEnd(flow.lowAddress, flow.lowPort),
    formatEnd(flow.highAddress, flow.highPort),
    flow.endpoint,
    formatEnd(flow.outerSource, flow.outerSourcePort),
    formatSeconds(flow.idleSeconds),
  ];
}

function formatEnd(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function flowFilter(given: CommandArguments): FlowFilter {
  const endpoint = given.optional("endpoint");
  if (endpoint !== undefined && !/^[0-9a-f]{16}$/.test(endpoint))
    throw given.wrong(`--endpoint must be 16 hexadecimal digits, got '${endpoint}'`);
  const address = given.optional("address");
  if (address !== undefined && addressFamily(address) === undefined)
    throw given.wrong(`--address must be an IPv4 or IPv6 address, got '${address}'`);
  return {
    limit: given.integer("limit", 1, 4_194_304),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(address === undefined ? {} : { address }),
    ...(given.optional("port") === undefined ? {} : { port: given.integer("port", 0, 65535) }),
    ...(given.optional("protocol") === undefined ? {} : { protocol: parseProtocol(given, given.text("protocol")) }),
  };
}

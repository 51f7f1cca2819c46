import { MARK } from "./endpoint-mark";
import { EndpointSlot } from "./endpoint-slot";
import {
  AGENT_CHAINS,
  BUILT_IN_CHAINS,
  CHAIN_PREFIX,
  IptablesTable,
  TableLines,
  parseRestoreLines,
} from "./restore-lines";

/** Our chains, by table. */
export type IptablesTables = ReadonlyMap<IptablesTable, TableLines>;

/**
 * What iptables (or ip6tables) should hold in routed mode.
 *
 * Besides the configuration's chains there are those of the agent, by which the answer to a redirected packet finds the
 * endpoint that the packet came from: what begins at `gwi-X` gives its connection the endpoint's mark, what arrives
 * elsewhere, or is the answer of a local socket, takes the mark of its connection, and `policyRouting` sends it to
 * `gwo-X`. A packet from gwi-X carries the mark too, so that a reset or an ICMP error about it does (`fwmark_reflect`).
 *
 * Nearly every packet has its mark from the data path, whatever the number of endpoints; without one are the answers,
 * and what the agent itself puts into gwi-X. A connection's mark is saved in table nat, which sees the first packet alone,
 * and before anything there can translate it.
 *
 * Because `accept_local` spares every packet a lookup (see `deviceSysctls`), what pretends to come from the appliance
 * itself is dropped here, where it would reach a socket.
 *
 * @param lines of one family, of a validated configuration; without any, nothing is wanted: connection tracking costs
 *   every packet something
 * @param endpoints that the agent routes for: none where a create hook does
 */
export function desiredIptables(lines: readonly string[], endpoints: readonly EndpointSlot[]): IptablesTables {
  const { tables } = parseRestoreLines(lines);
  if (tables.size === 0) return tables;
  const martians: TableLines = new Map([["GWLB-MARTIANS", ["-i gwi-+ -m addrtype --src-type LOCAL -j DROP"]]]);
  if (endpoints.length === 0) return withChains(tables, "mangle", martians);
  const marked = withChains(tables, "mangle", new Map([["GWLB-ENDPOINTS", markPackets(endpoints)], ...martians]));
  return withChains(marked, "nat", new Map([["GWLB-PREROUTING", [MARK.save]]]));
}

const markPackets = (endpoints: readonly EndpointSlot[]): string[] => [
  ...endpoints.map((endpoint) => `-i ${endpoint.ingress} ${MARK.set(endpoint)}`),
  `! -i gwi-+ ${MARK.restore}`,
];

/** With these chains in front of the table's own; the rules of a chain that is in both come first. */
function withChains(tables: IptablesTables, table: IptablesTable, chains: TableLines): IptablesTables {
  const own = tables.get(table) ?? new Map<string, string[]>();
  const rules = (chain: string) => [...(chains.get(chain) ?? []), ...(own.get(chain) ?? [])];
  const names = new Set([...chains.keys(), ...own.keys()]);
  return new Map(tables).set(table, new Map([...names].map((chain) => [chain, rules(chain)])));
}

/**
 * Input of `iptables-restore --noflush` after which our chains hold exactly `desired`, each entered once from the
 * built-in chain that its name says (the agent's: see `AGENT_CHAINS`), and no other chain of ours is left.
 * Every table changes in one step; chains of others are not touched.
 *
 * @param desired an empty map removes everything of ours
 * @param saved what `iptables-save` prints now
 * @returns empty when nothing of ours is wanted or present
 */
export function iptablesRestoreInput(desired: IptablesTables, saved: string): string {
  const present = savedTables(saved);
  const lines = (Object.keys(BUILT_IN_CHAINS) as IptablesTable[]).flatMap((table) =>
    restoreTable(table, desired.get(table) ?? new Map<string, string[]>(), present.get(table) ?? []),
  );
  return lines.map((line) => `${line}\n`).join("");
}

/**
 * The part of `iptables-save`'s output that is ours, without counters: while it stays equal, nobody changed it.
 *
 * Later than an `iptables-restore` it is to be compared with what it was right after, for iptables prints rules in its
 * own words.
 */
export function ownIptablesLines(saved: string): string[] {
  return [...savedTables(saved)].flatMap(([table, lines]) => {
    const own = lines.filter((line) => isOwnChain(line) || parseJump(line) !== undefined);
    return own.length === 0 ? [] : [`*${table}`, ...own.map((line) => line.replace(/ \[\d+:\d+\]$/, ""))];
  });
}

function savedTables(saved: string): ReadonlyMap<string, readonly string[]> {
  const tables = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of saved.split("\n")) {
    if (line.startsWith("*")) tables.set(line.slice(1), (lines = []));
    else lines.push(line);
  }
  return tables;
}

function isOwnChain(line: string): boolean {
  return line.startsWith(`:${CHAIN_PREFIX}`) || line.startsWith(`-A ${CHAIN_PREFIX}`);
}

/** The entry to a chain of ours from one that is not. */
interface Jump {
  readonly from: string;
  /** As iptables prints it after the chain. */
  readonly rule: string;
}

function parseJump(line: string): Jump | undefined {
  const [, from, rule] = /^-A (\S+) ((?:.* )?-[jg] GWLB-\S+)$/.exec(line) ?? [];
  return from === undefined || rule === undefined || from.startsWith(CHAIN_PREFIX) ? undefined : { from, rule };
}

const sameJump = (a: Jump) => (b: Jump) => a.from === b.from && a.rule === b.rule;

/** The order matters: chains exist before they are entered, and are left before they are removed. */
function restoreTable(table: IptablesTable, desired: TableLines, saved: readonly string[]): string[] {
  const present = saved.flatMap((line) => /^:(GWLB-\S+) /.exec(line)?.[1] ?? []);
  const chains = [...desired.keys()];
  const stale = present.filter((chain) => !desired.has(chain));
  if (chains.length + stale.length === 0) return [];
  const jumps = saved.flatMap((line) => parseJump(line) ?? []);
  const entries = chains.flatMap((chain) => entryOf(table, chain));
  const superfluous = jumps.filter(
    (jump, index) => !entries.some(sameJump(jump)) || jumps.findIndex(sameJump(jump)) !== index,
  );
  const missing = entries.filter((entry) => !jumps.some(sameJump(entry)));
  return [
    `*${table}`,
    ...[...chains, ...stale].map((chain) => `:${chain} - [0:0]`),
    ...superfluous.map(({ from, rule }) => `-D ${from} ${rule}`),
    // Each goes in front of those before it, so that the first comes to be the first.
    ...missing.reverse().map(({ from, rule }) => `-I ${from} 1 ${rule}`),
    ...[...desired].flatMap(([chain, rules]) => rules.map((rule) => `-A ${chain} ${rule}`)),
    ...stale.map((chain) => `-X ${chain}`),
    "COMMIT",
  ];
}

/** A chain that is named after no built-in chain of its table is entered only from our other chains. */
function entryOf(table: IptablesTable, chain: string): Jump[] {
  const agents = table === "mangle" ? AGENT_CHAINS[chain] : undefined;
  if (agents) {
    const rule = agents.match === undefined ? `-j ${chain}` : `${agents.match} -j ${chain}`;
    return agents.from.map((from) => ({ from, rule }));
  }
  const from = chain.slice(CHAIN_PREFIX.length);
  return (BUILT_IN_CHAINS[table] as readonly string[]).includes(from) ? [{ from, rule: `-j ${chain}` }] : [];
}

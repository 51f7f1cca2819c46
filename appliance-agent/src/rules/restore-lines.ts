import { MARK } from "./endpoint-mark";

/**
 * Tables of iptables that a configuration may use, and the built-in chains of each. iptables(8).
 *
 * In the order in which they are written, each in one step: a connection's mark is saved (nat) before it is asked for (mangle).
 */
export const BUILT_IN_CHAINS = {
  raw: ["PREROUTING", "OUTPUT"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
} as const;

/** A table of iptables that a configuration may use. */
export type IptablesTable = keyof typeof BUILT_IN_CHAINS;

/** Every chain of ours begins so; `GWLB-FORWARD` is entered from `FORWARD`, and so on for each built-in chain. */
export const CHAIN_PREFIX = "GWLB-";

/** Chains of table mangle that the agent fills, with the built-in chains that enter them; no configuration may use one. */
export const AGENT_CHAINS: Readonly<Record<string, { readonly from: readonly string[]; readonly match?: string }>> = {
  "GWLB-ENDPOINTS": { from: ["PREROUTING", "OUTPUT"], match: MARK.none },
  "GWLB-MARTIANS": { from: ["INPUT"] },
};

/** One table's part of the lines: chains in their order, each with its rules as `iptables` takes them after the chain. */
export type TableLines = ReadonlyMap<string, readonly string[]>;

/** What is wrong with one line. */
export interface LineProblem {
  /** Index in the list. */
  readonly line: number;
  readonly what: string;
  readonly fix: string;
}

/** Lines for `iptables-restore --noflush`, read: tables in their order, and what is wrong. */
export interface RestoreLines {
  readonly tables: ReadonlyMap<IptablesTable, TableLines>;
  readonly problems: readonly LineProblem[];
}

/** XT_EXTENSION_MAXNAMELEN (29) with its closing zero: linux/netfilter/x_tables.h. */
const MAX_CHAIN_NAME_LENGTH = 28;

/**
 * Commands and settings of iptables(8), which are no part of a rule; `-M` would run any program as root. Short options
 * without a value (`-f`) can have others behind them in one word.
 */
const NOT_IN_A_RULE =
  /^(-[fnvx46]*[ACDEFILNPRSXZMtwW]|--(append|check|delete|flush|insert|list|new|policy|rename|replace|table|wait|zero))/;

/**
 * Reads what `iptables-restore --noflush` would be given, and allows only what stays in chains of ours.
 *
 * iptables itself judges matches and targets; here it is made sure that a line cannot touch another chain or table, run
 * a program, or be two lines.
 */
export function parseRestoreLines(lines: readonly string[]): RestoreLines {
  const tables = new Map<IptablesTable, Map<string, string[]>>();
  const problems: LineProblem[] = [];
  let table: Map<string, string[]> | undefined;
  let name: IptablesTable | undefined;
  lines.forEach((text, line) => {
    const problem = (what: string, fix: string) => problems.push({ line, what, fix });
    if (hasControlCharacter(text))
      return problem("a line with a control character", "write one line, without line ends");
    if (text.startsWith("*")) {
      const isOpen = table !== undefined;
      name = text.slice(1) as IptablesTable;
      table = tables.get(name) ?? new Map<string, string[]>();
      if (!Object.hasOwn(BUILT_IN_CHAINS, name)) {
        return problem("an unknown table", `use one of ${Object.keys(BUILT_IN_CHAINS).join(", ")}`);
      }
      if (isOpen) problem("a table inside another", "end the first with COMMIT");
      return tables.set(name, table);
    }
    if (table === undefined) return problem("a line outside a table", "begin with a line such as *filter");
    if (text === "COMMIT") return (table = undefined);
    if (text.startsWith(":")) return declareChain(text, table, name, problem);
    return addRule(text, table, problem);
  });
  if (table) {
    problems.push({ line: lines.length - 1, what: "a table without its end", fix: "add a line COMMIT" });
  }
  return { tables, problems };
}

type Report = (what: string, fix: string) => unknown;

function declareChain(
  text: string,
  table: Map<string, string[]>,
  tableName: string | undefined,
  problem: Report,
): unknown {
  const [, chain] = /^:(\S+) - \[0:0\]$/.exec(text) ?? [];
  if (chain === undefined) return problem("not a chain's declaration", `write :${CHAIN_PREFIX}NAME - [0:0]`);
  if (!/^GWLB-[A-Za-z0-9_-]+$/.test(chain) || chain.length > MAX_CHAIN_NAME_LENGTH) {
    return problem(
      `a chain outside ${CHAIN_PREFIX}*`,
      `name it ${CHAIN_PREFIX} and letters, digits, _ or -, at most ${MAX_CHAIN_NAME_LENGTH} characters`,
    );
  }
  if (tableName === "mangle" && Object.hasOwn(AGENT_CHAINS, chain)) {
    return problem("a chain that is the agent's own", "use another name");
  }
  if (table.has(chain)) return problem("a chain declared twice", "remove one declaration");
  return table.set(chain, []);
}

function addRule(text: string, table: Map<string, string[]>, problem: Report): unknown {
  const [, chain, rule] = /^-A (\S+) (.+)$/.exec(text) ?? [];
  if (chain === undefined || rule === undefined) {
    return problem("not a command that is allowed", `write -A ${CHAIN_PREFIX}..., a :chain, a *table or COMMIT`);
  }
  if (!chain.startsWith(CHAIN_PREFIX)) {
    return problem(`a rule outside ${CHAIN_PREFIX}*`, `append to ${CHAIN_PREFIX}${chain}, which ${chain} enters`);
  }
  const rules = table.get(chain);
  if (!rules) return problem("a rule of an undeclared chain", `declare it before: :${chain} - [0:0]`);
  // Quotes and backslashes only join words, wherever they stand in one.
  const words = rule.replace(/["'\\]/g, "").split(" ");
  const foreign = words.find((word) => NOT_IN_A_RULE.test(word) || isModprobe(word));
  if (foreign !== undefined) return problem(`${foreign} in a rule`, "leave only matches and a target");
  return rules.push(rule);
}

/** getopt_long(3) takes every unambiguous beginning of a long option. */
function isModprobe(word: string): boolean {
  const [option = ""] = word.split("=");
  return option.length > 3 && "--modprobe".startsWith(option);
}

function hasControlCharacter(text: string): boolean {
  return Array.from(text).some((character) => character < " " || character === "\u007f");
}

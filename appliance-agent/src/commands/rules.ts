import type { Rule } from "../rules/rule";
import type { Command } from "./command";
import { configurationInForce } from "./configuration-in-force";
import { EXIT } from "./exit-code";
import { formatJson } from "./json";
import { JSON_OPTION, PATH_OPTIONS } from "./path-options";
import { withPinnedDataPath } from "./pinned-data-path";
import { formatTable } from "./table";

/** `gwlb-agent rules` */
export const rules: Command = {
  description:
    "Lists the rules in force, in the order in which they are asked, with the packets that each decided about.",
  examples: [["gwlb-agent rules", "which rules work, and which never match"]],
  options: { ...JSON_OPTION, ...PATH_OPTIONS },
  capabilities: ["CAP_BPF"],
  async run(given, terminal) {
    const { rules: list, defaultAction } = configurationInForce("rules", given);
    const hits = withPinnedDataPath("rules", given, (dataPath) => dataPath.readRuleHits());
    const counted = list.map((rule) => ({ ...rule, hits: hits.rules.get(rule.name) ?? 0n }));
    if (given.has("json"))
      terminal.out(formatJson({ rules: counted, defaultAction: { action: defaultAction, hits: hits.defaultAction } }));
    else
      terminal.out(
        formatTable(
          [{ title: "rule" }, { title: "action" }, { title: "hits", align: "right" }, { title: "match" }],
          [
            ...counted.map((rule) => [rule.name, rule.action, String(rule.hits), formatMatch(rule.match)]),
            ["(default)", defaultAction, String(hits.defaultAction), "what no rule matches"],
          ],
        ),
      );
    return EXIT.ok;
  },
};

/** A rule's conditions in one line. */
export function formatMatch(match: Rule["match"]): string {
  const words = Object.entries(match).map(([name, wanted]) => `${name} ${formatWanted(wanted)}`);
  return words.length ? words.join(", ") : "every packet";
}

function formatWanted(wanted: unknown): string {
  if (!Array.isArray(wanted)) return String(wanted);
  return wanted.map((it) => (Array.isArray(it) ? it.join("-") : String(it))).join("|");
}

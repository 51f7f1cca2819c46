/** Replaces the rule list of pinned maps, again and again, until it is told to stop; prints how often. Argument: directory of the pins. */
import { join } from "node:path";
import { BpfMap, openPinnedMap } from "../../../appliance-agent/src/datapath/bpf-map";
import { InnerMaps, innerMapDirectory } from "../../../appliance-agent/src/datapath/inner-maps";
import { RULE_MAPS, RuleMapName, RuleMaps } from "../../../appliance-agent/src/datapath/rule-maps";
import { compileRules } from "../../../appliance-agent/src/rules/compile-rules";
import { LISTS } from "./reload-lists";

const directory = process.argv[2] ?? "";
const maps = Object.fromEntries(RULE_MAPS.map((name) => [name, openPinnedMap(name, join(directory, name))]));
const rules = new RuleMaps(maps as Record<RuleMapName, BpfMap>, new InnerMaps(innerMapDirectory(directory)));
const tables = LISTS.map(compileRules);
let written = 0;

function next(): void {
  const table = tables[written % tables.length];
  if (table) rules.write(table);
  written++;
  setImmediate(next);
}

process.on("SIGTERM", () => {
  process.stdout.write(`${String(written)}\n`, () => process.exit(0));
});
process.stdout.write("ready\n");
next();

import type { Command } from "./command";
import { EXIT } from "./exit-code";
import { formatJson } from "./json";
import { JSON_OPTION, PATH_OPTIONS } from "./path-options";
import { withPinnedDataPath } from "./pinned-data-path";
import { formatTable } from "./table";

/** `gwlb-agent drops` */
export const drops: Command = {
  description:
    "Counts the packets that were dropped since the data path was loaded, by reason. Reasons without packets are left out\nunless --all is given.",
  examples: [
    ["gwlb-agent drops", "why packets are missing"],
    ["gwlb-agent drops --json --all", "every counter, for a script"],
  ],
  options: { all: { description: "reasons without packets, too" }, ...JSON_OPTION, ...PATH_OPTIONS },
  capabilities: ["CAP_BPF"],
  async run(given, terminal) {
    const counters = withPinnedDataPath("drops", given, (dataPath) => dataPath.readDropCounters());
    const shown = Object.entries(counters).filter(([, count]) => given.has("all") || count > 0n);
    if (given.has("json")) terminal.out(formatJson(Object.fromEntries(shown)));
    else if (shown.length === 0) terminal.out("nothing has been dropped");
    else
      terminal.out(
        formatTable(
          [{ title: "reason" }, { title: "packets", align: "right" }],
          shown.map(([reason, count]) => [reason, String(count)]),
        ),
      );
    return EXIT.ok;
  },
};

import type { Command } from "./command";
import { formatSeconds } from "./duration";
import { EXIT } from "./exit-code";
import { formatJson } from "./json";
import { JSON_OPTION, PATH_OPTIONS } from "./path-options";
import { withPinnedDataPath } from "./pinned-data-path";
import { formatTable } from "./table";

/** `gwlb-agent endpoints` */
export const endpoints: Command = {
  description:
    "Lists the GWLB endpoints that have sent packets, with what came from each and, in routed mode, its devices.",
  examples: [["gwlb-agent endpoints --json", "which endpoints are in use, for a script"]],
  options: { ...JSON_OPTION, ...PATH_OPTIONS },
  capabilities: ["CAP_BPF"],
  async run(given, terminal) {
    const found = withPinnedDataPath("endpoints", given, (dataPath) => {
      const devices = new Map(dataPath.observe().endpoints.map((it) => [it.endpoint, it]));
      return dataPath.readEndpoints().map((it) => ({
        ...it,
        vpcEndpoint: `vpce-0${it.endpoint}`,
        ingress: devices.get(it.endpoint)?.ingress,
        egress: devices.get(it.endpoint)?.egress,
      }));
    });
    if (given.has("json")) terminal.out(formatJson(found));
    else if (found.length === 0) terminal.out("no endpoint has sent a packet yet");
    else
      terminal.out(
        formatTable(
          [
            { title: "endpoint" },
            { title: "packets", align: "right" },
            { title: "bytes", align: "right" },
            { title: "silent for", align: "right" },
            { title: "from it" },
            { title: "to it" },
          ],
          found.map((it) => [
            it.vpcEndpoint,
            String(it.packets),
            String(it.bytes),
            formatSeconds(it.idleMilliseconds / 1000),
            it.ingress ?? "-",
            it.egress ?? "-",
          ]),
        ),
      );
    return EXIT.ok;
  },
};

import { join } from "node:path";
import { fileSource } from "../configuration-source/file-source";
import { s3Source } from "../configuration-source/s3-source";
import { serviceManager } from "../host/service-manager";
import { openLog } from "../log";
import { runBridge } from "../proxy-bridge/bridge-service";
import { SQUID_LIST_DIRECTORY } from "../proxy-bridge/squid-conf";
import type { Command } from "./command";
import { EXIT } from "./exit-code";

/** `gwlb-agent proxy-bridge`. */
export const proxyBridge: Command = {
  description:
    "Takes the clients' HTTP and HTTPS on a bastion and hands them to Squid: HTTP by Host, HTTPS by SNI, undecrypted.\n" +
    "Squid learns the real client by the PROXY protocol. Runs until SIGTERM, then drains.",
  examples: [
    ["gwlb-agent proxy-bridge", "with /etc/gwlb-agent/bridge.json, read again when it changes"],
    [
      "gwlb-agent proxy-bridge --config-s3 s3://bucket/agent/bridge.json",
      "with an S3 object, read by the instance's role",
    ],
  ],
  options: {
    config: { value: "<file>", description: "configuration, JSON", default: "/etc/gwlb-agent/bridge.json" },
    "config-s3": { value: "s3://<bucket>/<key>", description: "configuration in S3; --config when S3 cannot be read" },
    "state-dir": { value: "<directory>", description: "the last good configuration", default: "/var/lib/gwlb-agent" },
    "squid-lists": {
      value: "<directory>",
      description: "Squid's list files, kept here",
      default: SQUID_LIST_DIRECTORY,
    },
    "squid-reload": {
      value: "<program>",
      description: "run when a list file has changed (default: none; a unit watches <squid-lists>/revision)",
    },
  },
  capabilities: [],
  async run(given) {
    const log = openLog("info");
    const stop = new AbortController();
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.once(signal, () => {
        log.info({ signal }, "stopping");
        stop.abort();
      });
    const file = given.text("config");
    const s3 = given.optional("config-s3");
    await runBridge(
      {
        source: s3 === undefined ? fileSource(file) : s3Source(s3),
        fallbacks: s3 === undefined ? [] : [file],
        lastGoodPath: join(given.text("state-dir"), "last-good-bridge.json"),
        squidLists: { directory: given.text("squid-lists"), reloadProgram: given.optional("squid-reload") },
        serviceManager: serviceManager(),
        log,
      },
      stop.signal,
    );
    return EXIT.ok;
  },
};

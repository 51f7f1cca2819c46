import { defaultObjectDirectory } from "../agent/agent-files";
import { runAgent } from "../agent/run-agent";
import { fileSource } from "../configuration-source/file-source";
import { s3Source } from "../configuration-source/s3-source";
import { lockPins } from "../host/agent-lock";
import { LOG_LEVELS, openLog, type LogLevel } from "../log";
import type { Command, CommandArguments } from "./command";
import { CommandError, EXIT } from "./exit-code";
import { PATH_OPTIONS } from "./path-options";

/** `gwlb-agent run` */
export const run: Command = {
  description: [
    "Loads the data path, or adopts the one that is there, and keeps the host as the configuration says, until it is told",
    "to stop. What is attached then stays attached: no packet is lost to a restart or an upgrade.",
    "",
    "SIGHUP reads the configuration again. SIGTERM: not ready for --drain-seconds, then stops. SIGINT, or a second",
    "SIGTERM, stops at once: for a restart that the load balancer need not notice.",
  ].join("\n"),
  examples: [
    [
      "gwlb-agent run --config /etc/gwlb-agent/agent.json",
      "with a configuration in a file, read again when it changes",
    ],
    [
      "gwlb-agent run --config /etc/gwlb-agent/agent.json --config-s3 s3://bucket/agent/eu-west-1a.json",
      "with one in S3; the file serves when neither S3 nor the last good configuration can be read",
    ],
  ],
  options: {
    config: { value: "<file>", description: "configuration", default: "/etc/gwlb-agent/agent.json" },
    "config-s3": { value: "<s3://bucket/key>", description: "configuration in S3, read again when its ETag changes" },
    "s3-endpoint": { value: "<url>", description: "S3 API (default: AWS's, of the region)" },
    "drain-seconds": { value: "<seconds>", description: "from not ready to stopped", default: "20" },
    "log-level": { value: `<${LOG_LEVELS.join("|")}>`, description: "least important messages", default: "info" },
    "state-dir": { value: "<directory>", description: "the last good configuration", default: "/var/lib/gwlb-agent" },
    "bpf-dir": { value: "<directory>", description: "eBPF objects (default: those that came with this program)" },
    ...PATH_OPTIONS,
  },
  capabilities: ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_BPF", "CAP_PERFMON"],
  async run(given) {
    const options = runOptions(given);
    const { pins } = options.directories;
    const lock = lockPins(pins);
    if (lock === undefined)
      throw new CommandError(
        EXIT.busy,
        `run: another agent holds ${pins}; stop it, or give this one --pins of its own`,
      );
    try {
      await runAgent(options);
      return EXIT.ok;
    } finally {
      lock.release();
    }
  },
};

function runOptions(given: CommandArguments) {
  const level = given.text("log-level");
  if (!(LOG_LEVELS as readonly string[]).includes(level))
    throw given.wrong(`--log-level must be one of ${LOG_LEVELS.join(", ")}, got '${level}'`);
  const location = given.optional("config-s3");
  const file = given.text("config");
  return {
    source: location === undefined ? fileSource(file) : s3Source(location, { endpoint: given.optional("s3-endpoint") }),
    fallbacks: location === undefined ? [] : [file],
    drainMs: given.integer("drain-seconds", 0, 3600) * 1000,
    log: openLog(level as LogLevel),
    objectDirectory: given.optional("bpf-dir") ?? defaultObjectDirectory(),
    directories: { pins: given.text("pins"), state: given.text("state-dir"), run: given.text("run-dir") },
  };
}

import { unloadHost } from "../agent/unload-host";
import { lockPins } from "../host/agent-lock";
import type { Command } from "./command";
import { CommandError, EXIT } from "./exit-code";
import { PATH_OPTIONS } from "./path-options";

/** `gwlb-agent unload` */
export const unload: Command = {
  description: [
    "Leaves the host as it was before the first run: destroy hooks, programs, devices, pins, policy routes, iptables chains",
    "and kernel parameters. Packets from the load balancer are then lost: deregister the target first.",
  ].join("\n"),
  examples: [["gwlb-agent unload", "before the agent is removed"]],
  options: { ...PATH_OPTIONS },
  capabilities: ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_BPF", "CAP_PERFMON"],
  async run(given, terminal) {
    const pins = given.text("pins");
    const lock = lockPins(pins);
    if (lock === undefined)
      throw new CommandError(
        EXIT.busy,
        `unload: an agent runs on ${pins}, got its lock; stop it first: systemctl stop gwlb-agent`,
      );
    try {
      const problems = await unloadHost(pins, given.text("run-dir"), (step) => terminal.out(step));
      problems.forEach((problem) => terminal.err(terminal.paint("red", problem)));
      return problems.length ? EXIT.failed : EXIT.ok;
    } finally {
      lock.release();
    }
  },
};

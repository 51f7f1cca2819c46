import { dispatch } from "../../appliance-agent/src/commands/dispatch";
import { proxyBridge } from "../../appliance-agent/src/commands/proxy-bridge";
import { processTerminal } from "../../appliance-agent/src/commands/terminal";

/* The command as the program runs it, without the other commands. */
void dispatch(
  [{ name: "proxy-bridge", summary: "the bridge", load: () => Promise.resolve(proxyBridge) }],
  process.argv.slice(2),
  processTerminal(),
).then((code) => (process.exitCode = code));

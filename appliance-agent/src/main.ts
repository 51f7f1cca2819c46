import { dispatch } from "./commands/dispatch";
import type { CommandEntry } from "./commands/help";
import { processTerminal } from "./commands/terminal";

/** Every command; a file is loaded only when its command is called. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: "run",
    summary: "keep the data path and the host as configured",
    load: async () => (await import("./commands/run")).run,
  },
  {
    name: "check",
    summary: "say whether a configuration is valid",
    load: async () => (await import("./commands/check")).check,
  },
  {
    name: "status",
    summary: "what is attached, and whether the appliance is ready",
    load: async () => (await import("./commands/status")).status,
  },
  {
    name: "endpoints",
    summary: "GWLB endpoints that send traffic",
    load: async () => (await import("./commands/endpoints")).endpoints,
  },
  {
    name: "flows",
    summary: "flows that are remembered (routed mode)",
    load: async () => (await import("./commands/flows")).flows,
  },
  {
    name: "rules",
    summary: "rules in force, with their hits",
    load: async () => (await import("./commands/rules")).rules,
  },
  { name: "drops", summary: "packets dropped, by reason", load: async () => (await import("./commands/drops")).drops },
  {
    name: "explain",
    summary: "which rule decides about a packet, and why",
    load: async () => (await import("./commands/explain")).explain,
  },
  {
    name: "capture",
    summary: "packets as pcap on standard output",
    load: async () => (await import("./commands/capture")).capture,
  },
  {
    name: "proxy-bridge",
    summary: "on the bastion: HTTP and HTTPS to Squid",
    load: async () => (await import("./commands/proxy-bridge")).proxyBridge,
  },
  {
    name: "unload",
    summary: "leave the host as it was before the first run",
    load: async () => (await import("./commands/unload")).unload,
  },
];

void dispatch(COMMANDS, process.argv.slice(2), processTerminal()).then((code) => {
  process.exitCode = code;
});

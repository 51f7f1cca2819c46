import type { CommandOption } from "./command";

/** Flags of every command that looks at an agent. */
export const PATH_OPTIONS: Readonly<Record<"pins" | "run-dir", CommandOption>> = {
  pins: { value: "<directory>", description: "pins of the data path", default: "/sys/fs/bpf/gwlb-agent" },
  "run-dir": { value: "<directory>", description: "files of the running agent", default: "/run/gwlb-agent" },
};

/** Flag of the commands whose output a script may want. */
export const JSON_OPTION: Readonly<Record<"json", CommandOption>> = {
  json: { description: "print JSON" },
};

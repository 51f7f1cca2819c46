import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Observation } from "../../../appliance-agent/src/datapath/data-path";
import { compiledProgram } from "../../../tools/end-to-end/compiled-program";
import { LINUX_WITHOUT_TCX } from "../../support/linux-without-tcx";
import type { Namespaces } from "../../support/namespaces";

const CHILD = "__tests__/appliance-agent/datapath/life-cycle-child.ts";

/** What a step saw; each prints some of it. */
export type Seen = Partial<Observation> & {
  readonly capacity?: number;
  /** Programs at tcx of the interface, in their order; absent where the kernel has none. */
  readonly tcx?: readonly number[];
  /** Is clsact on the interface. */
  readonly clsact?: boolean;
};

/** Which kernel the steps find: this one, or one without tcx. */
export type Kernel = "this kernel" | "a kernel without tcx";

/** The appliance, and a router before it. */
export const PLAN = {
  hosts: ["appliance", "router"],
  links: [
    [
      { host: "appliance", name: "eth0", mtu: 3000 },
      { host: "router", name: "eth0", mtu: 3000 },
    ],
  ] as const,
};

/** Runs steps of `life-cycle-child.ts` in the namespace of the interface; returns what each step saw. */
export function takeSteps(namespaces: Namespaces, kernel: Kernel, ...steps: string[]): Seen[] {
  const command = [...compiledProgram(CHILD), join(namespaces.bpffs, "agent"), ...steps];
  const run = spawnSync("nsenter", [`--net=/run/netns/${namespaces.nameOf("appliance")}`, "--", ...command], {
    encoding: "utf8",
    env: { ...process.env, ...(kernel === "this kernel" ? {} : LINUX_WITHOUT_TCX) },
  });
  const { status, stdout, stderr } = run;
  if (status !== 0) throw new Error(`${steps.join(" ")}: exit ${String(status)}\n${stderr}`);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Seen);
}

/** What the last step saw. */
export function lastStep(namespaces: Namespaces, kernel: Kernel, ...steps: string[]): Seen {
  return takeSteps(namespaces, kernel, ...steps).at(-1) ?? {};
}

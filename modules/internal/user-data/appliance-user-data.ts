import { bootScript } from "./boot-script";
import { BootProgram, StoredFile } from "./boot-program";

/** What every appliance needs from the distribution: the runtime and the library that loads eBPF objects. */
const PACKAGES = ["nodejs22", "libbpf"] as const;

/** Packages by mode: routed mode filters with iptables and calls hook scripts, which use `tc`. */
const MODE_PACKAGES = { hairpin: [], routed: ["iptables-nft", "iproute-tc"] } as const;

/** Props for {@link applianceUserData}. */
export interface ApplianceUserDataProps {
  /** The agent's archive; an `AgentBundle` fits. */
  readonly bundle: BootProgram;
  /** The agent's configuration; what `AgentBundle.addConfiguration` returns fits. */
  readonly configuration: StoredFile;
  /** `mode` of that configuration. */
  readonly mode: "hairpin" | "routed";
}

/** @returns the boot script of an appliance: it installs the agent, or refuses loudly. For {@link gzippedUserData}. */
export function applianceUserData(props: ApplianceUserDataProps): string {
  return bootScript({
    bundle: props.bundle,
    packages: [...PACKAGES, ...MODE_PACKAGES[props.mode]],
    configuration: props.configuration,
    configurationFile: "agent.json",
    units: ["gwlb-agent.service"],
  });
}

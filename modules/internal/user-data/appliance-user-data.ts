import { BootProgram, StoredFile } from "./boot-program";
import { bootScript } from "./boot-script";

/**
 * Packages of Amazon Linux 2023 by mode. The agent loads eBPF objects with libbpf.so.1, which was part of `kernel-libbpf`
 * (it provides the name `libbpf`) before release 2023.11.20260413. Routed mode filters with iptables, and hook scripts
 * written for AWS's tunnel handler call `tc`.
 *
 * @see https://docs.aws.amazon.com/linux/al2023/release-notes/relnotes-2023.11.20260413.html
 */
const PACKAGES = {
  hairpin: ["libbpf"],
  routed: ["libbpf", "iptables-nft", "iproute-tc"],
} as const;

/** Props for {@link applianceUserData}. */
export interface ApplianceUserDataProps {
  /** The agent's archive; an `AgentBundle` fits. */
  readonly bundle: BootProgram;
  /** The agent's configuration; what `AgentBundle.addConfiguration` returns fits. */
  readonly configuration: StoredFile;
  /** `mode` of that configuration. */
  readonly mode: "hairpin" | "routed";
  /**
   * Text of other files by absolute path; /etc/gwlb-agent exists. One that begins with `#!` is made executable.
   *
   * @default - none
   */
  readonly files?: Readonly<Record<string, string>>;
}

/** @returns the boot script of an appliance: it installs the agent, or refuses loudly. For {@link gzippedUserData}. */
export function applianceUserData(props: ApplianceUserDataProps): string {
  return bootScript({
    role: "appliance",
    bundle: props.bundle,
    packages: PACKAGES[props.mode],
    configuration: props.configuration,
    configurationFile: "agent.json",
    files: props.files,
    units: ["gwlb-agent.service"],
  });
}

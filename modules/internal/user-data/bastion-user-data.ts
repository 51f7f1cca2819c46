import { bootScript } from "./boot-script";
import { BootProgram, StoredFile } from "./boot-program";

/** Props for {@link bastionUserData}. */
export interface BastionUserDataProps {
  /** The agent's archive; an `AgentBundle` fits. */
  readonly bundle: BootProgram;
  /** The bridge's configuration; what `AgentBundle.addConfiguration` returns fits. */
  readonly configuration: StoredFile;
}

/** @returns the boot script of a bastion: it installs Squid and the bridge, or refuses loudly. For {@link gzippedUserData}. */
export function bastionUserData(props: BastionUserDataProps): string {
  return bootScript({
    bundle: props.bundle,
    packages: ["nodejs22", "squid"],
    configuration: props.configuration,
    configurationFile: "bridge.json",
    units: ["gwlb-proxy-bridge.service"],
  });
}

import { BootProgram, StoredFile } from "./boot-program";
import { bootScript } from "./boot-script";

/** Props for {@link bastionUserData}. */
export interface BastionUserDataProps {
  /** The agent's archive; an `AgentBundle` fits. */
  readonly bundle: BootProgram;
  /** The bridge's configuration; what `AgentBundle.addConfiguration` returns fits. */
  readonly configuration: StoredFile;
  /**
   * Text of squid.conf, as `squidConf()` of the bridge writes it. A change of it replaces the bastion; clients and domains
   * stand in lists that the bridge keeps, and change while it runs.
   */
  readonly squidConf: string;
}

/** @returns the boot script of a bastion: it installs Squid and the bridge, or refuses loudly. For {@link gzippedUserData}. */
export function bastionUserData(props: BastionUserDataProps): string {
  return bootScript({
    role: "bastion",
    bundle: props.bundle,
    packages: ["squid"],
    configuration: props.configuration,
    configurationFile: "bridge.json",
    files: { "/etc/squid/squid.conf": props.squidConf },
    // Squid after the bridge, which writes the lists that squid.conf names.
    units: ["gwlb-proxy-bridge.service", "squid.service", "gwlb-squid-lists.path", "gwlb-squid-lists.timer"],
  });
}

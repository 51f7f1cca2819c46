import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BootProgram, StoredFile } from "./boot-program";

/** Everything that distinguishes the boot of one kind of machine from another. */
export interface BootScriptProps {
  readonly bundle: BootProgram;
  /** Of Amazon Linux 2023. */
  readonly packages: readonly string[];
  readonly configuration: StoredFile;
  /** Its name in /etc/gwlb-agent. */
  readonly configurationFile: string;
  /** Of the archive's folder `systemd/`: enabled and started, in this order. */
  readonly units: readonly string[];
}

/**
 * The boot script: what to install, as constants at its top, followed by `boot.sh`, which is the same for every machine.
 *
 * The values may be tokens: Terraform then creates the stored files before the machine.
 */
export function bootScript(props: BootScriptProps): string {
  const { bundle, configuration } = props;
  const constants = {
    REGION: bundle.region,
    PROGRAM_BUCKET: bundle.program.bucket,
    PROGRAM_KEY: bundle.program.key,
    PROGRAM_SHA256: bundle.sha256,
    CONFIGURATION_BUCKET: configuration.bucket,
    CONFIGURATION_KEY: configuration.key,
    CONFIGURATION_FILE: props.configurationFile,
  };
  return [
    "#!/bin/bash",
    ...Object.entries(constants).map(([name, value]) => `readonly ${name}='${value}'`),
    `readonly PACKAGES=(${props.packages.join(" ")})`,
    `readonly UNITS=(${props.units.join(" ")})`,
    readFileSync(join(__dirname, "boot.sh"), "utf8"),
  ].join("\n");
}

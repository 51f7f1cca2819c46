import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BootProgram, StoredFile } from "./boot-program";

/** Everything that distinguishes the boot of one kind of machine from another. */
export interface BootScriptProps {
  /** Folder of `appliance-agent/systemd` whose files the machine gets. */
  readonly role: "appliance" | "bastion";
  readonly bundle: BootProgram;
  /** Of Amazon Linux 2023, beside those that every machine needs. */
  readonly packages: readonly string[];
  readonly configuration: StoredFile;
  /** Its name in /etc/gwlb-agent. */
  readonly configurationFile: string;
  /**
   * Text of other files by absolute path; their folders must exist once the packages are installed. One that begins with
   * `#!` is made executable.
   *
   * @default - none
   */
  readonly files?: Readonly<Record<string, string>>;
  /** systemd units to enable and start, in this order. */
  readonly units: readonly string[];
}

/**
 * Node.js for the agent, and what the script itself calls. All but the first are in the standard image, not in the minimal one.
 *
 * @see https://docs.aws.amazon.com/linux/al2023/ug/nodejs.html
 * @see https://docs.aws.amazon.com/linux/al2023/release-notes/all-packages.html
 */
const BASE_PACKAGES = ["nodejs24", "awscli-2", "tar"] as const;

/**
 * A machine's boot script: what to install, then `boot.sh`, which is the same for every machine.
 *
 * Values may be tokens: Terraform then creates the stored files before the machine.
 */
export function bootScript(props: BootScriptProps): string {
  const { bundle, configuration, files = {} } = props;
  const constants = {
    ROLE: props.role,
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
    "# Installs the agent on Amazon Linux 2023 and starts it, or says why not and starts nothing. Safe to run again, also",
    "# after an interruption at any point: every step leaves what was there, or what it makes, and nothing in between.",
    ...Object.entries(constants).map(([name, value]) => `readonly ${name}=${quote(value)}`),
    `readonly PACKAGES=(${[...BASE_PACKAGES, ...props.packages].join(" ")})`,
    `readonly UNITS=(${props.units.join(" ")})`,
    "put_files() {",
    "  :",
    ...Object.entries(files).flatMap(([path, text]) => [
      `  printf %s ${quote(text)} | put ${quote(path)}`,
      ...(text.startsWith("#!") ? [`  chmod 0755 ${quote(path)}`] : []),
    ]),
    "}",
    "",
    readFileSync(join(__dirname, "boot.sh"), "utf8"),
  ].join("\n");
}

/** One word of the shell, whatever the text. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

import { readFileSync } from "node:fs";
import { Configuration } from "./configuration";
import { parseConfiguration } from "./parse-configuration";

/** The configuration that comes with the repository. */
export const DEFAULT_CONFIGURATION_FILE = "gwlb.yaml";

/**
 * Reads the configuration file that `GWLB_CONFIG` names, else `gwlb.yaml`; a relative path is relative to the working directory.
 *
 * @throws Error when the file cannot be read, or is no valid configuration
 */
export function loadConfiguration(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Configuration {
  const file = environment["GWLB_CONFIG"] ?? DEFAULT_CONFIGURATION_FILE;
  return parseConfiguration(file, read(file));
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(
      `GWLB_CONFIG: must name a readable file, got '${file}'; correct the path, or unset it for gwlb.yaml`,
      {
        cause,
      },
    );
  }
}

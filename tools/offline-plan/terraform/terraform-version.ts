import { OfflinePlanError } from "../offline-plan-error";
import type { TerraformProcess } from "./terraform-process";

/**
 * Oldest Terraform that is accepted: from here on it attaches to providers, prints diagnostics as JSON and knows
 * `check` and `import` blocks.
 *
 * @see https://github.com/hashicorp/terraform/blob/v1.5/CHANGELOG.md
 */
export const OLDEST_TERRAFORM = "1.5.0";

const INSTALL = `install Terraform ${OLDEST_TERRAFORM} or newer: https://developer.hashicorp.com/terraform/install`;

/** @throws OfflinePlanError when there is no Terraform, or an old one */
export async function requireTerraform(terraform: TerraformProcess, executable: string): Promise<void> {
  const result = await terraform.run("version", "-json").catch((error: unknown) => {
    if (["ENOENT", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? ""))
      throw new OfflinePlanError("terraform", `${executable}: not found or not executable; ${INSTALL}`);
    throw error;
  });
  const version = /"terraform_version":\s*"(\d+\.\d+\.\d+)/.exec(result.stdout)?.[1];
  if (version === undefined)
    throw new OfflinePlanError(
      "terraform",
      `${executable}: not Terraform, 'version -json' printed ${JSON.stringify(result.stdout.slice(0, 60))}; ${INSTALL}`,
    );
  if (isOlder(version, OLDEST_TERRAFORM))
    throw new OfflinePlanError("terraform", `${executable}: too old, got Terraform ${version}; ${INSTALL}`);
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((it) => it.split(".").map(Number));
  const at = a?.findIndex((part, index) => part !== b?.[index]) ?? -1;
  return at >= 0 && (a?.[at] ?? 0) < (b?.[at] ?? 0);
}

import type { TerraformDiagnostic } from "./terraform/terraform-diagnostic";

/** What kept a plan from being made: decides the exit code. */
export type OfflinePlanFailure = "configuration" | "input" | "terraform";

/** A plan could not be made, for a reason that is the user's to mend. */
export class OfflinePlanError extends Error {
  override readonly name = "OfflinePlanError";

  constructor(
    readonly failure: OfflinePlanFailure,
    message: string,
    /** What Terraform said, where it was Terraform that refused. */
    readonly diagnostics: readonly TerraformDiagnostic[] = [],
  ) {
    super(message);
  }
}

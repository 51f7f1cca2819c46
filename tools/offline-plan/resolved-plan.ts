import type { TerraformJson } from "./terraform/terraform-json";
interface ResourceChange {
  readonly mode?: string;
  readonly change: { readonly actions: readonly string[]; readonly after_unknown?: unknown };
}

/** Whether anything in a plan would be known only after an apply. */
export function hasUnknownValues(plan: TerraformJson): boolean {
  return changes(plan).some(({ change }) => hasTrue(change.after_unknown));
}

/** The plan of a configuration that is already applied, told as the creation that it was. */
export function withCreations(plan: TerraformJson): TerraformJson {
  const created = changes(plan).map((it) =>
    it.mode === "managed" ? { ...it, change: { ...it.change, actions: ["create"], before: null } } : it,
  );
  return { ...plan, resource_changes: created };
}

function changes(plan: TerraformJson): readonly ResourceChange[] {
  return (plan["resource_changes"] ?? []) as readonly ResourceChange[];
}

function hasTrue(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === true;
  return Object.values(value).some(hasTrue);
}

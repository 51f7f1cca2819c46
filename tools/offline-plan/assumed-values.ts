import type { TerraformJson } from "./terraform/terraform-json";
import type { DataRead } from "./protocol/provider-service";

/** A data source's answer that nothing but likelihood, or the user's file, supports. */
export interface AssumedValue {
  /** `module.vpc.data.aws_ami.ubuntu`; without the name where the plan does not tell it. */
  readonly address: string;
  readonly type: string;
  /** What was asked; what was left out is left out. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What was answered. */
  readonly values: Readonly<Record<string, unknown>>;
}

interface ShownResource {
  readonly address: string;
  readonly mode: string;
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
}

interface ShownModule {
  readonly resources?: readonly ShownResource[];
  readonly child_modules?: readonly ShownModule[];
}

/** The answers of one run's data sources, each with its address in the plan. */
export function assumedValues(plan: TerraformJson, reads: readonly DataRead[]): AssumedValue[] {
  const shown = dataSources(plan);
  const taken = new Set<string>();
  const assumed = reads
    .filter((it) => !it.derived)
    .map(({ type, config: asked, values }) => {
      const config = Object.fromEntries(Object.entries(asked).filter(([, it]) => !isEmpty(it)));
      const match = shown.find((it) => it.type === type && !taken.has(it.address) && agrees(it.values, config));
      if (match) taken.add(match.address);
      // As the plan shows them: values of dynamic types arrive from the provider in a coded form.
      const shownValues = Object.entries(values).map(([name, it]) => [name, match?.values[name] ?? it] as const);
      return { address: match?.address ?? `data.${type}`, type, config, values: Object.fromEntries(shownValues) };
    });
  return assumed.sort((a, b) => a.address.localeCompare(b.address));
}

function dataSources(plan: TerraformJson): ShownResource[] {
  const root = (plan["prior_state"] as { values?: { root_module?: ShownModule } } | undefined)?.values?.root_module;
  const below = (module: ShownModule): ShownResource[] => [
    ...(module.resources ?? []).filter((it) => it.mode === "data"),
    ...(module.child_modules ?? []).flatMap(below),
  ];
  return root ? below(root) : [];
}

function agrees(values: Readonly<Record<string, unknown>>, config: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(config).every(([name, it]) => typeof it === "object" || values[name] === it);
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

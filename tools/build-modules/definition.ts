import { Meaning } from "./generalize/marks";
import { Place } from "./generalize/repetition";
import { Json, Scenario } from "./sample/synthesized";
import { Variable } from "./variables/variable";

/** An output of a module. */
export interface Output {
  readonly description: string;
  /**
   * HCL; `@<type:template>` is the local address of a resource, `aws_vpc.client_vpc`. Or an argument of a resource of the
   * scenario, by zone.
   */
  readonly value: string | { readonly resource: string; readonly argument: string };
  /** What must be there before anybody uses the value, as `type:template`. @default - nothing more */
  readonly dependsOn?: readonly string[];
}

/** What the construct cannot say of its own value: an expression instead of it. */
export interface Override {
  /** `aws_s3_object:bundle/configuration-{zone}`. */
  readonly resource: string;
  /** Members down to the value. */
  readonly path: readonly (string | number)[];
  /** HCL; `ZONE` is the own zone. */
  readonly hcl: string;
}

/** Resources that a module repeats for more than the construct of the sample shows. */
export interface OwnRepetition {
  /** `aws_route:insertion/{zone}/out`. */
  readonly resource: string;
  /** HCL of `for_each`. */
  readonly forEach: string;
  /** HCL of the own zone. */
  readonly zone: string;
}

/** A plain Terraform module: a scenario's constructs, or a part of them, made general. */
export interface ModuleDefinition {
  readonly name: string;
  /** First paragraph of the README. */
  readonly summary: string;
  /** HCL of a call, for the README; `SOURCE` is where the module is. */
  readonly example: string;
  /** Where its constructs are. */
  readonly scenario: Scenario;
  /** Which of them it has. */
  readonly has: (place: Place, type: string) => boolean;
  /** First construct id that its local names leave out. @default - none */
  readonly prefix?: string;
  readonly variables: readonly Variable[];
  /** HCL of an input by section and member; undefined when the module has none for it. */
  readonly input: (section: string, member: string) => string | undefined;
  /** HCL of texts of the sample; `ZONE` is the own zone. */
  readonly meanings: Partial<Readonly<Record<Meaning, string>>>;
  /** HCL of what others' resources give, by `type:template.attribute`; `ZONE` is the own zone. */
  readonly references?: Readonly<Record<string, string>>;
  /** HCL: names of the zones, a list. */
  readonly zoneNames: string;
  /** Local values by name, HCL. */
  readonly locals: Readonly<Record<string, string>>;
  readonly overrides?: readonly Override[];
  /** HCL around what an argument is, by `type:template.argument`. @default - nothing */
  readonly wrappers?: Readonly<Record<string, (hcl: string) => string>>;
  readonly repetitions?: readonly OwnRepetition[];
  /** HCL of what replaces a text in boot scripts, by the name of the template's variable. @default - nothing */
  readonly bootTexts?: Readonly<Record<string, { readonly text: string; readonly hcl: string }>>;
  readonly outputs: Readonly<Record<string, Output>>;
  /** Whether the agent's archive lies beside it. */
  readonly shipsAgent: boolean;
}

/** Member of a sample's value that stands for an expression. */
export const HCL = "HCL";

/** Member beside `JSON_TEXT`: members that are null are left out. */
export const OMIT_NULL = "without null";

/** A value of the sample that stands for an expression. */
export function hclValue(hcl: string): Json {
  return { [HCL]: hcl };
}

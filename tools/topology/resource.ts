/** One managed resource of a plan or a state, as `terraform show -json` has it. */
export interface Resource {
  /** `module.client["a"].aws_subnet.this[0]`. */
  readonly address: string;
  readonly type: string;
  /** Arguments and attributes; what is not known yet is missing here and listed in `undetermined`. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Attribute, or `block[2].attribute`, to the reason why its value cannot be determined. */
  readonly undetermined: ReadonlyMap<string, string>;
}

/** A resource's attribute as text; nothing when it is missing, null, empty or not text. */
export function text(values: Readonly<Record<string, unknown>>, attribute: string): string | undefined {
  const value = values[attribute];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A resource's attribute as a number; providers also write numbers as text. */
export function number(values: Readonly<Record<string, unknown>>, attribute: string): number | undefined {
  const value = values[attribute];
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : undefined;
}

/** A resource's attribute as a boolean. */
export function flag(values: Readonly<Record<string, unknown>>, attribute: string): boolean | undefined {
  const value = values[attribute];
  return typeof value === "boolean" ? value : undefined;
}

/** A resource's list or set of texts; empty when missing. */
export function texts(values: Readonly<Record<string, unknown>>, attribute: string): readonly string[] {
  const value = values[attribute];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string" && item !== "") : [];
}

/** A resource's nested blocks; empty when missing. */
export function blocks(
  values: Readonly<Record<string, unknown>>,
  name: string,
): readonly Readonly<Record<string, unknown>>[] {
  const value = values[name];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item): item is Record<string, unknown> => typeof item === "object" && item !== null);
}

/** A resource's map of texts, such as `tags`. */
export function textMap(
  values: Readonly<Record<string, unknown>>,
  attribute: string,
): Readonly<Record<string, string>> {
  const value = values[attribute];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}

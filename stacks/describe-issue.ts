import { z } from "zod";
import { configurationSchema } from "./configuration";

/**
 * One problem that zod found, as `<file>: <key>: <what is wrong>, got <value>; <what to do>`.
 *
 * @param input what was validated, to show the value
 */
export function describeIssue(where: string, issue: z.core.$ZodIssue, input: unknown): string {
  const key = issue.path
    .map((part, index) => (typeof part === "number" ? `[${String(part)}]` : dotted(part, index)))
    .join("");
  const { what, fix } = whatAndFix(issue);
  const got = issue.code === "unrecognized_keys" ? issue.keys.join(", ") : JSON.stringify(valueAt(input, issue.path));
  return `${where}: ${key === "" ? "" : `${key}: `}${what}, got ${got ?? "nothing"}; ${fix}`;
}

function dotted(part: PropertyKey, index: number): string {
  return `${index === 0 ? "" : "."}${String(part)}`;
}

function whatAndFix(issue: z.core.$ZodIssue): { what: string; fix: string } {
  switch (issue.code) {
    case "unrecognized_keys":
      return { what: "unknown key", fix: `use one of ${keysAt(issue.path).join(", ")}` };
    case "invalid_value": {
      const values = issue.values.map(String).join(", ");
      return { what: "must be one of the known values", fix: `use one of ${values}` };
    }
    case "too_small":
      return { what: `must be at least ${String(issue.minimum)}${counted(issue.origin)}`, fix: "raise it" };
    case "too_big":
      return { what: `must be at most ${String(issue.maximum)}${counted(issue.origin)}`, fix: "lower it" };
    case "invalid_type":
      return { what: `must be ${article(issue.expected)}`, fix: `write ${article(issue.expected)}` };
    case "invalid_format":
      return {
        what: `must match ${issue.pattern ?? issue.format}`,
        fix: "see gwlb.yaml for an example",
      };
    case "custom":
      return { what: issue.message, fix: String(issue.params?.["fix"] ?? "see gwlb.yaml for an example") };
    default:
      return { what: issue.message, fix: "see gwlb.yaml for an example" };
  }
}

function counted(origin: string): string {
  if (origin === "array") return " items";
  return origin === "string" ? " characters" : "";
}

function article(type: string): string {
  const name = { int: "whole number", array: "list", object: "mapping", record: "mapping" }[type] ?? type;
  return `a ${name}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part], input);
}

/** Names of the members that the schema has at `path`. */
function keysAt(path: readonly PropertyKey[]): string[] {
  const schema = path.reduce<z.core.$ZodType | undefined>((at, part) => member(at, part), configurationSchema);
  const unwrapped = unwrap(schema);
  if (unwrapped instanceof z.ZodObject) return Object.keys(unwrapped.shape);
  if (unwrapped instanceof z.ZodDiscriminatedUnion) {
    return [
      ...new Set(
        unwrapped.options.flatMap((option) => (option instanceof z.ZodObject ? Object.keys(option.shape) : [])),
      ),
    ];
  }
  return [];
}

function member(schema: z.core.$ZodType | undefined, part: PropertyKey): z.core.$ZodType | undefined {
  const unwrapped = unwrap(schema);
  if (unwrapped instanceof z.ZodObject) return unwrapped.shape[String(part)];
  return unwrapped instanceof z.ZodArray ? unwrapped.element : undefined;
}

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrap(schema.unwrap());
  }
  return schema;
}

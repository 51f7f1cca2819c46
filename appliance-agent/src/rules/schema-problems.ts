import { z } from "zod";
import { nearestName } from "./nearest-name";

/** Longest part of a refused value that a message repeats. */
const MAX_VALUE_LENGTH = 60;

/** Levels of lists and objects of a refused value that a message repeats. */
const MAX_VALUE_DEPTH = 4;

/**
 * What a schema refuses, a line each: `<where> <path>: <what>, got <value>; <fix>`.
 *
 * The schema's own messages are `<what>; <fix>`; those of zod's built-in checks are written here.
 *
 * @param value what was refused
 * @param where names the source: a file, an S3 object, a preset
 */
export function schemaProblems(
  schema: z.ZodType,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  where: string,
): string[] {
  return issues.flatMap((issue) => {
    const path = issue.path as (string | number)[];
    const line = (at: readonly (string | number)[], what: string, got: unknown, fix: string) =>
      `${[where, formatPath(at)].filter(Boolean).join(" ")}: ${what}, got ${formatValue(got)}; ${fix}`;
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) =>
        line([...path, key], "unknown key", valueAt(value, [...path, key]), keyFix(schema, path, key)),
      );
    }
    const got = valueAt(value, path);
    const [what = "", ...fix] = messageOf(issue, got).split("; ");
    return line(path, what, issue.code === "invalid_key" ? path.at(-1) : got, fix.join("; ") || "correct it");
  });
}

function messageOf(issue: z.core.$ZodIssue, got: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return `${got === undefined ? "missing" : "wrong type"}; write ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `${got === undefined ? "missing" : "not a known value"}; write ${orList(issue.values)}`;
    case "too_big":
      return limitMessage(issue.origin, "at most", Number(issue.maximum));
    case "too_small":
      return limitMessage(issue.origin, "at least", Number(issue.minimum));
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a text in quotes",
  array: "a list in [ ]",
  tuple: "a list in [ ]",
  object: "an object in { }",
  record: "an object in { }",
};

function limitMessage(origin: string, which: string, limit: number): string {
  if (origin === "array") return `wrong number of entries; write ${which} ${limit}`;
  if (origin === "string") return `wrong length; write ${which} ${limit} character${limit === 1 ? "" : "s"}`;
  return `out of range; write ${which} ${limit}`;
}

function orList(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(" or ");
}

function keyFix(schema: z.ZodType, path: readonly (string | number)[], key: string): string {
  const keys = keysAt(schema, path);
  if (keys.includes(key)) return "remove it: it does not go with the keys beside it";
  const nearest = nearestName(key, keys);
  return nearest ? `did you mean ${nearest}?` : `remove it, or write one of ${keys.join(", ")}`;
}

/** The keys that an object at `path` may have. */
function keysAt(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  const inner = unwrapped(schema);
  const [head, ...rest] = path;
  if (inner instanceof z.ZodArray) return keysAt(inner.element as z.ZodType, rest);
  if (inner instanceof z.ZodDiscriminatedUnion) {
    return [...new Set(inner.options.flatMap((option) => keysAt(option as z.ZodType, path)))];
  }
  if (!(inner instanceof z.ZodObject)) return [];
  const shape = inner.shape as Record<string, z.ZodType>;
  const member = head === undefined ? undefined : shape[head];
  return member ? keysAt(member, rest) : Object.keys(shape);
}

function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
    ? unwrapped(schema.unwrap() as z.ZodType)
    : schema;
}

/** `rules[3].match.source[0]`; a key that is no name is quoted. */
export function formatPath(path: readonly (string | number)[]): string {
  return path
    .map((key) => {
      if (typeof key === "number") return `[${key}]`;
      return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    })
    .join("")
    .replace(/^\./, "");
}

/** As the file has it, shortened; the number of entries for a list. */
function formatValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value) && value.length > 2) return `${value.length} entries`;
  const text = JSON.stringify(withoutDepth(value, MAX_VALUE_DEPTH));
  return text.length <= MAX_VALUE_LENGTH ? text : `${text.slice(0, MAX_VALUE_LENGTH)}...`;
}

/** JSON.parse reads lists deeper than JSON.stringify can write them. */
function withoutDepth(value: unknown, levels: number): unknown {
  if (value === null || typeof value !== "object") return value;
  if (levels === 0) return "...";
  if (Array.isArray(value)) return value.map((entry) => withoutDepth(entry, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutDepth(entry, levels - 1)]));
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string | number, unknown> | null | undefined)?.[key], value);
}

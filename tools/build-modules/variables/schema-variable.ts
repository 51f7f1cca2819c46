import { z } from "zod";
import { configurationSchema } from "../../../stacks/configuration";
import { documentation } from "./documentation";
import { OWN_CHECKS, PATTERN_FIXES, TYPES } from "./own-checks";
import { Validation, Variable, snakeCase } from "./variable";

interface Schema {
  readonly type?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
}

const SCHEMA = z.toJSONSchema(configurationSchema, { io: "input" }) as unknown as Schema;
const DOCUMENTATION = documentation("stacks/configuration.ts");

/** Default of a member, in Terraform's own spelling, where it is not the configuration's. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  "filter.rules": [{ name: "drop-http", match: { protocol: "tcp", destination_ports: ["80"] }, action: "drop" }],
};

/** A section of the scenarios' configuration as one variable: an object whose members have the same defaults. */
export function sectionVariable(section: string, members = membersOf(section)): Variable {
  const name = snakeCase(section);
  const own = members.map((member) => memberVariable(section, member, `var.${name}.${snakeCase(member)}`));
  return {
    name,
    type: `object({${own.map((it) => `${it.name} = ${optionalType(it)}`).join(", ")}})`,
    description: doc(section),
    default: {},
    validations: own.flatMap((it) => it.validations),
    members: own,
  };
}

/** Members of a section as variables of their own. */
export function memberVariables(section: string, members = membersOf(section)): Variable[] {
  return members.map((member) => memberVariable(section, member, `var.${snakeCase(member)}`));
}

/** Names of a section's members. */
export function membersOf(section: string): string[] {
  return Object.keys(SCHEMA.properties?.[section]?.properties ?? {});
}

function memberVariable(section: string, member: string, at: string): Variable {
  const schema = SCHEMA.properties?.[section]?.properties?.[member];
  const path = `${section}.${member}`;
  if (!schema)
    throw new Error(`variables: must be a member of the configuration, got '${path}'; correct the definition`);
  const hasDefault = "default" in schema;
  const where = at.replace("var.", "");
  const checks = [...schemaChecks(schema, at, where, path), ...(OWN_CHECKS[path]?.(at, where) ?? [])];
  return {
    name: snakeCase(member),
    type: TYPES[path] ?? hclType(schema),
    description: [doc(path), ...wordsOf(schema), ...(HOW_TO_WRITE[path] ?? [])].join(" "),
    default: hasDefault ? (DEFAULTS[path] ?? schema.default) : null,
    nullable: !hasDefault,
    validations: hasDefault
      ? checks
      : checks.map((it) => ({ ...it, condition: `${at} == null ? true : ${it.condition}` })),
  };
}

/** How HCL writes what the configuration file writes otherwise. */
const HOW_TO_WRITE: Readonly<Record<string, readonly string[]>> = {
  "filter.rules": [
    "What a match leaves out matches everything.",
    'protocol: tcp, udp, icmp, icmpv6 or a number in quotes; ports: "443" or "1024-65535"; action: forward or drop.',
  ],
};

/** More words than these are a list of numbers, which a validation prints. */
const MAX_WORDS = 4;

function wordsOf({ enum: words = [] }: Schema): string[] {
  return words.length === 0 || words.length > MAX_WORDS ? [] : [`One of ${words.join(", ")}.`];
}

function doc(path: string): string {
  const text = DOCUMENTATION.get(`${path}`);
  if (text === undefined) throw new Error(`variables: ${path} must have a doc comment, got none; write one`);
  return text;
}

function optionalType({ type, default: value }: Variable): string {
  return value === null ? `optional(${type})` : `optional(${type}, ${toHclLiteral(value)})`;
}

function toHclLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toHclLiteral).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, entry]) => `${key} = ${toHclLiteral(entry)}`)
    .join(", ")} }`;
}

function hclType(schema: Schema): string {
  if (schema.type === "array" && schema.items) return `list(${hclType(schema.items)})`;
  return schema.type === "string" ? "string" : "number";
}

function schemaChecks(schema: Schema, at: string, where: string, path: string): Validation[] {
  const got = `got \${jsonencode(${at})}`;
  if (schema.enum) {
    const values = schema.enum.map((value) => JSON.stringify(value));
    return [
      {
        condition: `contains([${values.join(", ")}], ${at})`,
        message: `${where}: not a known value, ${got}; write ${schema.enum.map(String).join(", ")}`.replace(
          /, ([^,]*)$/,
          " or $1",
        ),
      },
    ];
  }
  if (schema.type === "integer") {
    const [least, most] = [schema.minimum ?? 0, schema.maximum ?? Number.MAX_SAFE_INTEGER];
    return [
      {
        condition: `${at} >= ${least} && ${at} <= ${most} && floor(${at}) == ${at}`,
        message: `${where}: out of range, ${got}; write a whole number from ${least} to ${most}`,
      },
    ];
  }
  if (schema.pattern !== undefined) {
    const pattern = JSON.stringify(schema.pattern.replaceAll("\\/", "/"));
    return [
      {
        condition: `can(regex(${pattern}, ${at}))`,
        message: `${where}: ${PATTERN_FIXES[path] ?? "not of the right form"}`.replace("; ", `, ${got}; `),
      },
    ];
  }
  if (schema.type === "array" && schema.items && TYPES[path] === undefined) return listChecks(schema, at, where, path);
  return [];
}

function listChecks(schema: Schema, at: string, where: string, path: string): Validation[] {
  const each = schemaChecks(schema.items ?? {}, "item", where, path).map(({ condition, message }) => ({
    condition: `alltrue([for item in ${at} : ${condition}])`,
    message: message.replace("jsonencode(item)", `jsonencode(${at})`),
  }));
  const { minItems = 0, maxItems } = schema;
  if (minItems === 0 && maxItems === undefined) return each;
  const most = maxItems === undefined ? "" : ` && length(${at}) <= ${maxItems}`;
  const limits = maxItems === undefined ? `at least ${minItems}` : `${minItems} to ${maxItems}`;
  return [
    {
      condition: `length(${at}) >= ${minItems}${most}`,
      message: `${where}: wrong number of entries, got \${length(${at})}; write ${limits}`,
    },
    ...each,
  ];
}

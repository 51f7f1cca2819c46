import { tmpdir } from "node:os";
import { App } from "cdktf";
import { invokeAspects } from "cdktf/lib/synthesize/synthesizer";
import { Configuration } from "../../../stacks/configuration";
import { ScenarioProps } from "../../../stacks/inspected-network";
import { PassThroughStack } from "../../../stacks/pass-through";
import { SquidBastionStack } from "../../../stacks/squid-bastion";
import { TcFilterStack } from "../../../stacks/tc-filter";
import { SAMPLE_SHA256, SAMPLE_STACK } from "./sample";

const STACKS = {
  "pass-through": PassThroughStack,
  "tc-filter": TcFilterStack,
  "squid-bastion": SquidBastionStack,
} as const;

/** Name of a scenario. */
export type Scenario = keyof typeof STACKS;

/** A value as `cdk.tf.json` has it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One resource or data source of a synthesized stack. */
export interface SampleResource {
  /** `aws_subnet`, or `data.aws_ami`. */
  readonly type: string;
  /** Construct path without the stack: `client/zz-mark-1a/workload-subnet`. */
  readonly path: string;
  /**
   * Arguments, made comparable: a reference is `<type:path>`, a configuration in S3 and a boot script are values.
   */
  readonly attributes: Readonly<Record<string, Json>>;
}

/** A synthesized scenario. */
export interface Synthesized {
  /** By type and path: `aws_vpc:client/vpc`. */
  readonly resources: ReadonlyMap<string, SampleResource>;
  readonly outputs: Readonly<Record<string, { readonly description: string; readonly value: Json }>>;
}

/** Member of an attribute that stands for `base64gzip` of a boot script's lines. */
export const BOOT = "boot script";

/** Member of an attribute that stands for `jsonencode` of a value. */
export const JSON_TEXT = "JSON";

/** A scenario as Terraform reads it, with references by construct path. */
export function synthesize(scenario: Scenario, configuration: Configuration): Synthesized {
  const { prepareStackTrace } = Error;
  try {
    // cdktf keeps a stack trace for every token, and printing them is half of the time.
    Error.prepareStackTrace = () => "";
    return synthesizeNow(scenario, configuration);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

function synthesizeNow(scenario: Scenario, configuration: Configuration): Synthesized {
  const app = new App({ outdir: tmpdir(), stackTraces: false });
  const props: ScenarioProps = { configuration, archive: { path: __filename, sha256: SAMPLE_SHA256 } };
  const stack = new STACKS[scenario](app, SAMPLE_STACK, props);
  stack.prepareStack();
  invokeAspects(stack);
  stack.runAllValidations();
  const document = JSON.parse(JSON.stringify(stack.toTerraform())) as Document;
  const entries = [...sectionOf(document.resource, ""), ...sectionOf(document.data, "data.")];
  const references = new Map(entries.map(({ address, type, path }) => [address, `<${type}:${path}>`]));
  const normal = (value: Json): Json => normalized(value, references, document.locals);
  const resources = entries.map(({ type, path, attributes }) => ({
    type,
    path,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, attribute(type, name, normal(value))]),
    ),
  }));
  return {
    resources: new Map(resources.map((resource) => [`${resource.type}:${resource.path}`, resource])),
    outputs: Object.fromEntries(
      Object.entries(document.output).map(([name, { value, description }]) => [
        name,
        { description, value: normal(value) },
      ]),
    ),
  };
}

interface Document {
  readonly resource: Section;
  readonly data: Section;
  readonly locals: Readonly<Record<string, readonly string[]>>;
  readonly output: Readonly<Record<string, { readonly value: Json; readonly description: string }>>;
}

type Section = Readonly<Record<string, Readonly<Record<string, Entry>>>>;
type Entry = Readonly<Record<string, Json>> & { readonly "//": { readonly metadata: { readonly path: string } } };

function sectionOf(section: Section, prefix: string) {
  return Object.entries(section).flatMap(([type, byId]) =>
    Object.entries(byId).map(([id, { "//": comment, ...attributes }]) => ({
      address: `${prefix}${type}.${id}`,
      type: `${prefix}${type}`,
      path: comment.metadata.path.split("/").slice(1).join("/"),
      attributes: attributes as Readonly<Record<string, Json>>,
    })),
  );
}

function normalized(value: Json, references: ReadonlyMap<string, string>, locals: Document["locals"]): Json {
  if (typeof value === "string") {
    const local = /^\$\{base64gzip\(join\("\\n", local\.([\w-]+)\)\)\}$/.exec(value)?.[1];
    const lines = local === undefined ? undefined : locals[local];
    if (lines) return { [BOOT]: lines.map((line) => normalized(line, references, locals) as string).join("\n") };
    return value.replaceAll(/(?:data\.)?\baws_\w+\.[\w-]+/g, (address) => references.get(address) ?? address);
  }
  if (Array.isArray(value)) return value.map((entry: Json) => normalized(entry, references, locals));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, normalized(entry as Json, references, locals)]),
  );
}

function attribute(type: string, name: string, value: Json): Json {
  if (type !== "aws_s3_object" || name !== "content" || typeof value !== "string") return value;
  return { [JSON_TEXT]: JSON.parse(value) as Json };
}

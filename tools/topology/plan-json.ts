import { resolveUnknowns } from "./configuration-references";
import { Resource } from "./resource";

/** The managed resources of `terraform show -json`, with references in place of ids that are not known yet. */
export interface PlanResources {
  readonly source: "plan" | "state";
  readonly resources: readonly Resource[];
}

/** An object of parsed JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A resource as the plan lists it, before unknown values are looked up. */
export interface PlannedResource {
  readonly address: string;
  /** `module.a["x"]`, or an empty string for the root module. */
  readonly module: string;
  readonly type: string;
  readonly name: string;
  readonly values: Record<string, unknown>;
  /** As `resource_changes[].change.after_unknown`. */
  readonly unknown: JsonObject;
}

const MAX_MODULE_DEPTH = 64;

/**
 * Reads the managed resources of a plan or a state.
 *
 * @param json what `terraform show -json` printed, parsed
 * @throws Error when it is anything else, saying what it looks like and what to run
 * @see https://developer.hashicorp.com/terraform/internals/json-format
 */
export function readPlanJson(json: unknown): PlanResources {
  const show = "run `terraform show -json <plan file>` and pass what it prints";
  if (!isObject(json)) throw new Error(`plan JSON: expected an object, got ${kindOf(json)}; ${show}`);
  rejectForeign(json, show);
  const version = json.format_version;
  if (typeof version !== "string") {
    throw new Error(
      `plan JSON: expected format_version, got ${Object.keys(json).slice(0, 5).join(", ") || "no keys"}; ${show}`,
    );
  }
  if (!/^(1|0\.[12])(\.|$)/.test(version)) {
    throw new Error(
      `plan JSON: format_version must be 1.x, got ${JSON.stringify(version.slice(0, 40))}; use Terraform 0.14 to 1.x`,
    );
  }
  if (json.errored === true) {
    throw new Error(
      "plan JSON: the plan is incomplete, got errored true; mend the errors that `terraform plan` printed",
    );
  }
  const isPlan = isObject(json.planned_values);
  const values = isPlan ? json.planned_values : json.values;
  if (values === undefined && !isPlan && json.resource_changes === undefined) return { source: "state", resources: [] };
  const root = isObject(values) ? values.root_module : undefined;
  if (!isObject(root)) throw new Error(`plan JSON: expected a root_module, got ${kindOf(root)}; ${show}`);
  const managed = collect(root, unknownsByAddress(json), 0);
  const planned = [...managed, ...existingParts(json, managed)];
  const configuration = isObject(json.configuration) ? json.configuration : {};
  return { source: isPlan ? "plan" : "state", resources: resolveUnknowns(planned, configuration) };
}

/** Whether `value` is an object of JSON and no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function rejectForeign(json: JsonObject, show: string): void {
  if (json.version === 4 && "lineage" in json) {
    throw new Error(
      "plan JSON: this is a raw state file, got version 4; run `terraform show -json <state file>` and pass what it prints",
    );
  }
  if (isObject(json.resource) && isObject(json.terraform)) {
    throw new Error(
      "plan JSON: this is a configuration, got a Terraform JSON file; pass its directory, so that it is planned first",
    );
  }
  if ("AWSTemplateFormatVersion" in json || isObject(json.Resources)) {
    throw new Error(
      `plan JSON: this is a CloudFormation template, got Resources; only Terraform is understood: ${show}`,
    );
  }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

function unknownsByAddress(json: JsonObject): ReadonlyMap<string, JsonObject> {
  const changes = Array.isArray(json.resource_changes) ? json.resource_changes.filter(isObject) : [];
  return new Map(
    changes.map((change) => {
      const unknown = isObject(change.change) ? change.change.after_unknown : undefined;
      return [String(change.address), isObject(unknown) ? unknown : {}];
    }),
  );
}

/** Data sources that stand for parts of a network which exist already. */
const EXISTING: readonly string[] = ["aws_vpc", "aws_subnet", "aws_internet_gateway", "aws_route_table"];

/** What data sources found, each thing once, and nothing that the plan itself makes. */
function existingParts(json: JsonObject, managed: readonly PlannedResource[]): readonly PlannedResource[] {
  const prior = isObject(json.prior_state) && isObject(json.prior_state.values) ? json.prior_state.values : json.values;
  const root = isObject(prior) ? prior.root_module : undefined;
  if (!isObject(root)) return [];
  const known = new Set<unknown>(managed.map(({ values }) => values.id));
  return collect(root, new Map(), 0, "data").filter(({ type, values }) => {
    if (!EXISTING.includes(type) || known.has(values.id)) return false;
    if (values.id !== undefined) known.add(values.id);
    return true;
  });
}

function collect(
  module: JsonObject,
  unknowns: ReadonlyMap<string, JsonObject>,
  depth: number,
  mode: "managed" | "data" = "managed",
): PlannedResource[] {
  if (depth > MAX_MODULE_DEPTH) {
    throw new Error(`plan JSON: modules may nest ${MAX_MODULE_DEPTH} deep, got more; flatten them`);
  }
  const path = typeof module.address === "string" ? module.address : "";
  const own = (Array.isArray(module.resources) ? module.resources : [])
    .filter(isObject)
    .filter(
      (resource) =>
        (resource.mode === "data") === (mode === "data") &&
        typeof resource.address === "string" &&
        typeof resource.type === "string",
    )
    .map((resource) => ({
      address: String(resource.address),
      module: path,
      type: String(resource.type),
      name: String(resource.name),
      values: isObject(resource.values) ? structuredClone(resource.values) : {},
      unknown: unknowns.get(String(resource.address)) ?? {},
    }));
  const children = (Array.isArray(module.child_modules) ? module.child_modules : []).filter(isObject);
  return [...own, ...children.flatMap((child) => collect(child, unknowns, depth + 1, mode))];
}

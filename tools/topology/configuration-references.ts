import { isObject, JsonObject, PlannedResource } from "./plan-json";
import { Resource } from "./resource";

/** Attributes that other resources refer to and that AWS decides. */
const IDENTITIES = [
  "id",
  "arn",
  "service_name",
  "main_route_table_id",
  "default_network_acl_id",
  "default_security_group_id",
  "primary_network_interface_id",
  "association_default_route_table_id",
  "propagation_default_route_table_id",
];

/** Attributes that hold a list or a set, for when all of it is unknown. */
const LISTS =
  /^(subnets?_ids|subnets|vpc_security_group_ids|security_group_ids|security_groups|gateway_load_balancer_arns|network_load_balancer_arns|route_table_ids|target_group_arns|vpc_zone_identifier|ipv6_addresses|private_ips)$/;

/** For attributes whose target's type follows from their name, so that one of several references can be told. */
const REFERS_TO: Readonly<Record<string, readonly string[]>> = {
  gateway_id: ["aws_internet_gateway", "aws_vpn_gateway"],
  nat_gateway_id: ["aws_nat_gateway"],
  vpc_endpoint_id: ["aws_vpc_endpoint"],
  transit_gateway_id: ["aws_ec2_transit_gateway", "aws_ec2_transit_gateway_vpc_attachment"],
  vpc_peering_connection_id: ["aws_vpc_peering_connection"],
  network_interface_id: ["aws_network_interface", "aws_instance"],
  egress_only_gateway_id: ["aws_egress_only_internet_gateway"],
  target_group_arn: ["aws_lb_target_group"],
};

interface Scope {
  /** `module.a["x"].`, or an empty string. */
  readonly prefix: string;
  readonly module: JsonObject;
  readonly parent?: Scope;
  readonly call?: JsonObject;
}

interface Found {
  readonly address: string;
  readonly type: string;
  readonly attribute?: string;
}

/**
 * Puts references in place of ids that a plan does not know yet: `<aws_vpc.client>` for its id, and the same in every
 * argument whose expression refers to exactly that one resource.
 *
 * An expression that refers to several things, to a `local`, or to one of several instances is not guessed at: the
 * attribute stays without a value and is listed in `undetermined`. Plan JSON does not contain what the expression does
 * with its references, so anything more would be wrong for some plans.
 */
export function resolveUnknowns(planned: readonly PlannedResource[], configuration: JsonObject): readonly Resource[] {
  const root = isObject(configuration.root_module) ? configuration.root_module : {};
  const instances = new Map<string, PlannedResource[]>();
  for (const resource of planned) {
    const key = withoutKeyOfResource(resource);
    instances.set(key, [...(instances.get(key) ?? []), resource]);
    for (const attribute of IDENTITIES) {
      if (
        resource.unknown[attribute] === true &&
        !expressionsOf(resource, scopeOf(root, resource.module))?.[attribute]
      ) {
        resource.values[attribute] = symbol(resource, attribute);
      }
    }
  }
  return planned.map((resource) => new Resolution(resource, root, instances).resource());
}

/** What stands for an attribute that AWS decides. */
function symbol(resource: { readonly address: string; readonly type: string }, attribute: string): string {
  const isId = attribute === "id" || (attribute === "arn" && resource.type.startsWith("aws_lb"));
  if (isId) return `<${resource.address}>`;
  return `<${resource.address}>.${attribute === "default_route_table_id" ? "main_route_table_id" : attribute}`;
}

class Resolution {
  private readonly undetermined = new Map<string, string>();
  private readonly scope: Scope | undefined;

  constructor(
    private readonly planned: PlannedResource,
    root: JsonObject,
    private readonly instances: ReadonlyMap<string, readonly PlannedResource[]>,
  ) {
    this.scope = scopeOf(root, planned.module);
  }

  resource(): Resource {
    const expressions = expressionsOf(this.planned, this.scope);
    for (const [attribute, unknown] of Object.entries(this.planned.unknown)) {
      const expression = expressions?.[attribute];
      if (expression !== undefined) this.fill(this.planned.values, attribute, unknown, expression, attribute);
    }
    const { address, type, values } = this.planned;
    return { address, type, values, undetermined: this.undetermined };
  }

  private fill(
    into: Record<string, unknown>,
    attribute: string,
    unknown: unknown,
    expression: unknown,
    path: string,
  ): void {
    if (unknown === true) {
      const value = this.one(this.references(expression), attribute, path);
      if (value !== undefined) into[attribute] = LISTS.test(attribute) ? [value] : value;
    } else if (Array.isArray(unknown) && unknown.length > 0) {
      this.fillList(into, attribute, unknown, expression, path);
    }
  }

  private fillList(
    into: Record<string, unknown>,
    attribute: string,
    unknown: readonly unknown[],
    expression: unknown,
    path: string,
  ): void {
    const list = into[attribute];
    if (!Array.isArray(list)) return;
    if (unknown.some((item) => item === true)) {
      const references = this.references(expression);
      if (unknown.every((item) => item === true) && references.length === unknown.length) {
        into[attribute] = references
          .map((reference) => this.one([reference], attribute, path))
          .filter((value) => value !== undefined);
      } else if (unknown.includes(true)) {
        this.undetermined.set(
          path,
          `${this.planned.address}.${path} has ${unknown.length} values and refers to ${references.join(", ") || "nothing"}`,
        );
      }
      return;
    }
    unknown.forEach((members, i) => {
      const element: unknown = list[i];
      if (!isObject(members) || !isObject(element)) return;
      const own: unknown = Array.isArray(expression) ? expression[i] : undefined;
      for (const [name, memberUnknown] of Object.entries(members)) {
        const target = element as Record<string, unknown>;
        if (isObject(own) && unknown.length === (expression as unknown[]).length) {
          if (own[name] !== undefined) this.fill(target, name, memberUnknown, own[name], `${path}[${i}].${name}`);
        } else if (memberUnknown === true) {
          const alone = unknown.filter((other) => isObject(other) && other[name] === true).length === 1;
          const references = this.references(expression).filter((reference) =>
            REFERS_TO[name]?.some((type) => reference.includes(`${type}.`)),
          );
          const value = alone ? this.one(references, name, `${path}[${i}].${name}`) : undefined;
          if (value !== undefined) target[name] = value;
          else
            this.undetermined.set(
              `${path}[${i}].${name}`,
              `${this.planned.address}.${path} has several values that are not known yet`,
            );
        }
      }
    });
  }

  /** The references of an expression, without those that another one contains. */
  private references(expression: unknown): readonly string[] {
    return longest(expression);
  }

  private one(references: readonly string[], attribute: string, path: string): string | undefined {
    const where = `${this.planned.address}.${path}`;
    const [reference] = references;
    if (reference === undefined || references.length !== 1 || !this.scope) {
      this.undetermined.set(path, `${where} refers to ${references.join(", ") || "nothing that plan JSON names"}`);
      return undefined;
    }
    const found = this.follow(reference, this.scope, 0);
    if (typeof found === "string") {
      this.undetermined.set(path, `${where} ${found}`);
      return undefined;
    }
    const wanted = found.attribute ?? (/_arns?$/.test(attribute) ? "arn" : "id");
    const known = this.instanceOf(found)?.values[wanted];
    return typeof known === "string" ? known : symbol(found, wanted);
  }

  private instanceOf(found: Found): PlannedResource | undefined {
    for (const list of this.instances.values())
      for (const item of list) if (item.address === found.address) return item;
    return undefined;
  }

  /** @returns what a reference leads to, or why that cannot be said */
  private follow(reference: string, scope: Scope, depth: number): Found | string {
    if (depth > 20) return `refers to ${reference} through more than 20 modules`;
    const [, variable] = /^var\.([\w-]+)$/.exec(reference) ?? [];
    if (variable !== undefined)
      return this.followExpression(argumentOf(scope, variable), scope.parent, reference, depth);
    const [, call, key, output] = /^module\.([\w-]+)(\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?\.([\w-]+)$/.exec(reference) ?? [];
    if (call !== undefined && output !== undefined) {
      const child = childScope(scope, call, key ?? "");
      if (!child || (key === undefined && isRepeated(child.call)))
        return `refers to ${reference}, one of several module instances`;
      const outputs = isObject(child.module.outputs) ? child.module.outputs[output] : undefined;
      return this.followExpression(isObject(outputs) ? outputs.expression : undefined, child, reference, depth);
    }
    const [, type, name, index, attribute] =
      /^([a-z]\w*)\.([\w-]+)(\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?(?:\.(\w+))?$/.exec(reference) ?? [];
    if (
      type === undefined ||
      name === undefined ||
      /^(local|each|count|self|path|terraform|data|var|module)$/.test(type)
    ) {
      return `goes through ${reference}, which plan JSON does not contain`;
    }
    const all = this.instances.get(`${scope.prefix}${type}.${name}`) ?? [];
    const matching = index === undefined ? all : all.filter((instance) => instance.address.endsWith(index));
    const [only] = matching;
    if (!only || matching.length > 1) return `refers to ${reference}, which has ${matching.length} instances`;
    return { address: only.address, type: only.type, attribute };
  }

  private followExpression(
    expression: unknown,
    scope: Scope | undefined,
    reference: string,
    depth: number,
  ): Found | string {
    const references = longest(expression);
    const [only] = references;
    if (only === undefined || references.length > 1 || !scope)
      return `goes through ${reference}, which refers to ${references.join(", ") || "nothing"}`;
    return this.follow(only, scope, depth + 1);
  }
}

function longest(expression: unknown): readonly string[] {
  const references =
    isObject(expression) && Array.isArray(expression.references) ? expression.references.map(String) : [];
  return references.filter(
    (one) =>
      !references.some((other) => other !== one && /^[.[]/.test(other.slice(one.length)) && other.startsWith(one)),
  );
}

function argumentOf(scope: Scope, variable: string): unknown {
  const expressions = isObject(scope.call?.expressions) ? scope.call.expressions : {};
  return expressions[variable];
}

function isRepeated(call: JsonObject | undefined): boolean {
  return call?.count_expression !== undefined || call?.for_each_expression !== undefined;
}

function childScope(parent: Scope, name: string, key: string): Scope | undefined {
  const calls = isObject(parent.module.module_calls) ? parent.module.module_calls : {};
  const call = calls[name];
  if (!isObject(call) || !isObject(call.module)) return undefined;
  return { prefix: `${parent.prefix}module.${name}${key}.`, module: call.module, parent, call };
}

function scopeOf(root: JsonObject, path: string): Scope | undefined {
  let scope: Scope | undefined = { prefix: "", module: root };
  for (const [, name = "", key = ""] of path.matchAll(/module\.([\w-]+)(\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?/g)) {
    scope = scope && childScope(scope, name, key);
  }
  return scope;
}

function expressionsOf(resource: PlannedResource, scope: Scope | undefined): JsonObject | undefined {
  const resources = Array.isArray(scope?.module.resources) ? scope.module.resources.filter(isObject) : [];
  const found = resources.find(
    (item) => item.mode !== "data" && item.type === resource.type && item.name === resource.name,
  );
  return isObject(found?.expressions) ? found.expressions : undefined;
}

function withoutKeyOfResource(resource: PlannedResource): string {
  return `${resource.module === "" ? "" : `${resource.module}.`}${resource.type}.${resource.name}`;
}

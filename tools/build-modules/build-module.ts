import { ModuleDefinition, hclValue } from "./definition";
import { Expression, Value, splitTemplate, toHcl, toJson } from "./generalize/expression";
import { Alternative, generalize, ownZone, Surroundings } from "./generalize/generalize";
import { inputName } from "./generalize/inputs";
import { Mark, replaceMarks } from "./generalize/marks";
import { Repetition, isForCidrs, localName, placeOf } from "./generalize/repetition";
import { Variants, variantsOf } from "./generalize/variants";
import { SAMPLE_INBOUND, SAMPLE_MANAGEMENT, SAMPLE_ZONES } from "./sample/sample";
import { Json, SampleResource, Synthesized } from "./sample/synthesized";
import { variableBlock } from "./variables/variable";

/** Provider versions that the modules are made for: the one whose schema the constructs have, up to the next major one. */
export const AWS_PROVIDER_VERSIONS = ">= 6.25, < 7.0";

/** Cross-variable validation, on which the variables' checks depend. https://developer.hashicorp.com/terraform/language/upgrade-guides */
export const TERRAFORM_VERSIONS = ">= 1.9";

/** A module as Terraform reads it. */
export interface BuiltModule {
  readonly definition: ModuleDefinition;
  readonly main: unknown;
  readonly variables: unknown;
  readonly outputs: unknown;
  readonly versions: unknown;
  /** Templates of boot scripts, by file name. */
  readonly templates: ReadonlyMap<string, string>;
  /** Construct path template of every resource, by its address in the module. */
  readonly places: ReadonlyMap<string, string>;
}

/** Where a module's resources are repeated. */
const FOR_EACH: Readonly<Record<Repetition, string | undefined>> = {
  once: undefined,
  zone: "toset(local.zone_names)",
  appliance: "local.appliances",
  inbound: "local.inbound_cidrs",
  management: "local.management_cidrs",
};

/**
 * Makes a plain Terraform module of the constructs that a definition names.
 *
 * @throws Error when something of them depends on an input, a zone or another module in a way that the definition does
 * not tell
 */
export function buildModule(definition: ModuleDefinition): BuiltModule {
  const sampled = variantsOf(definition.scenario);
  const { base, variants } = sampled;
  const members = [...base.resources.values()].filter(({ type, path }) => definition.has(placeOf(path), type));
  const representatives = members.filter(({ path }) => isRepresentative(path));
  const names = localNames(definition, representatives);
  const templates = new Map<string, string>();
  const blocks: Record<string, Record<string, Record<string, unknown>>> = { resource: {}, data: {} };
  for (const resource of representatives) {
    const { repetition } = placeOf(resource.path);
    const around = surroundings(definition, resource, names, templates);
    const key = `${resource.type}:${resource.path}`;
    const attributes = withOverrides(definition, key, resource.attributes);
    const alternatives = variants.map(({ input, value, synthesized }): Alternative => ({
      input,
      given: value,
      value: withOverrides(definition, key, attributesOf(synthesized, key)),
    }));
    const own = definition.repetitions?.find((it) => it.resource === placeKey(key));
    const zone = own?.zone ?? ownZone(repetition);
    const general = generalizeResource({ attributes, alternatives, resource, zone }, around, base);
    const { depends_on: dependsOn, ...rest } = wrapped(definition, placeKey(key), general);
    const [kind, type] = resource.type.startsWith("data.")
      ? ["data", resource.type.slice(5)]
      : ["resource", resource.type];
    const name =
      names
        .get(`${resource.type}:${placeOf(resource.path).template}`)
        ?.split(".")
        .at(-1) ?? "";
    const forEach = own?.forEach ?? FOR_EACH[repetition];
    const needs = dependencies(dependsOn as Json | undefined, names);
    ((blocks[kind] ??= {})[type] ??= {})[name] = {
      ...(forEach === undefined ? {} : { for_each: `\${${forEach}}` }),
      ...(toJson(rest) as Record<string, unknown>),
      ...(needs.length > 0 ? { depends_on: needs } : {}),
    };
  }
  const main = withLocals(definition, blocks);
  requireNoMarks(definition.name, main);
  return {
    definition,
    main,
    variables: { variable: Object.fromEntries(definition.variables.map((it) => [it.name, variableBlock(it)])) },
    outputs: { output: outputs(definition, names, sampled) },
    versions: {
      terraform: {
        required_version: TERRAFORM_VERSIONS,
        required_providers: { aws: { source: "hashicorp/aws", version: AWS_PROVIDER_VERSIONS } },
      },
    },
    templates,
    places: new Map([...names].map(([place, address]) => [address, place.slice(place.indexOf(":") + 1)])),
  };
}

/** Of resources that differ in their zone or family only, the first. */
function isRepresentative(path: string): boolean {
  const { repetition } = placeOf(path);
  return !path.includes(SAMPLE_ZONES[1]) && !(isForCidrs(repetition) && path.endsWith("2"));
}

/** Local addresses by type and place: `aws_vpc:client/vpc` is `aws_vpc.client_vpc`. */
function localNames(definition: ModuleDefinition, resources: readonly SampleResource[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { type, path } of resources) {
    const { template } = placeOf(path);
    const address = `${type}.${localName(template, definition.prefix)}`;
    if ([...names.values()].includes(address)) {
      throw new Error(`${definition.name}: local names must differ, got ${address} twice; name a construct otherwise`);
    }
    names.set(`${type}:${template}`, address);
  }
  return names;
}

function attributesOf(synthesized: Synthesized, key: string): Readonly<Record<string, Json>> {
  return synthesized.resources.get(key)?.attributes ?? {};
}

function withOverrides(definition: ModuleDefinition, key: string, attributes: Readonly<Record<string, Json>>) {
  const place = placeKey(key);
  return (definition.overrides ?? [])
    .filter(({ resource }) => resource === place)
    .reduce<Json>((value, { path, hcl }) => replaced(value, path, hclValue(hcl)), attributes) as Readonly<
    Record<string, Json>
  >;
}

/** `aws_subnet:client/{zone}/workload-subnet` of `aws_subnet:client/zz-mark-1a/workload-subnet`. */
function placeKey(key: string): string {
  const at = key.indexOf(":");
  return `${key.slice(0, at)}:${placeOf(key.slice(at + 1)).template}`;
}

function wrapped(definition: ModuleDefinition, place: string, general: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(general).map(([name, value]) => {
      const wrap = definition.wrappers?.[`${place}.${name}`];
      return [name, wrap ? new Expression(wrap(toHcl(value))) : value];
    }),
  );
}

function replaced(value: Json, [head, ...rest]: readonly (string | number)[], by: Json): Json {
  if (head === undefined) return by;
  const members = (value ?? {}) as Readonly<Record<string, Json>>;
  return { ...members, [head]: replaced(members[head] ?? null, rest, by) };
}

interface Specimen {
  readonly attributes: Readonly<Record<string, Json>>;
  readonly alternatives: readonly Alternative[];
  readonly resource: SampleResource;
  /** HCL of the own zone. */
  readonly zone: string;
}

function generalizeResource(specimen: Specimen, around: Surroundings, base: Synthesized): Record<string, Value> {
  const { attributes, alternatives, resource, zone } = specimen;
  if (!isForCidrs(placeOf(resource.path).repetition)) {
    const { depends_on: dependsOn, ...rest } = attributes;
    const general = generalize(
      rest,
      alternatives.map((it) => ({ ...it, value: withoutDependencies(it.value) })),
      zone,
      around,
    );
    return {
      ...(general as Record<string, Value>),
      ...(dependsOn === undefined ? {} : { depends_on: dependsOn as Value }),
    };
  }
  // IPv4 and IPv6 twins: what differs depends on the family of the CIDR.
  const twin = attributesOf(base, `${resource.type}:${resource.path.replace(/\d$/, "2")}`);
  const names = [...new Set([...Object.keys(attributes), ...Object.keys(twin)])];
  const isIpv6 = 'strcontains(each.key, ":")';
  return Object.fromEntries(
    names.map((name) => {
      const [v4, v6] = [attributes[name], twin[name]].map((it) => inboundValue(name, it, around));
      const [one, other] = [toHcl(v4 ?? null), toHcl(v6 ?? null)];
      return [name, one === other ? (v4 ?? null) : new Expression(`${isIpv6} ? ${other} : ${one}`)];
    }),
  );
}

function inboundValue(name: string, value: Json | undefined, around: Surroundings): Value {
  if (typeof value === "string" && [...SAMPLE_INBOUND, ...SAMPLE_MANAGEMENT].some((cidr) => cidr === value))
    return new Expression("each.key");
  if (name !== "tags") return typeof value === "string" ? around.text(value, "") : ((value ?? null) as Value);
  const { Name } = value as { Name: string };
  return { Name: around.text(Name.replace(/\d$/, ""), "") + "${each.value}" };
}

function withoutDependencies(value: Json | undefined): Json | undefined {
  const { depends_on: _, ...rest } = (value ?? {}) as Readonly<Record<string, Json>>;
  return rest;
}

function surroundings(
  definition: ModuleDefinition,
  { type, path }: SampleResource,
  names: ReadonlyMap<string, string>,
  templates: Map<string, string>,
): Surroundings {
  const where = `${definition.name}: ${type} at ${path}`;
  const expressionOf = (mark: Mark, zone: string): string => {
    const hcl = definition.meanings[mark.meaning];
    if (hcl === undefined || (mark.zone !== undefined && zone === "")) {
      throw new Error(`${where}: must know '${mark.meaning}', got '${mark.text}'; add a meaning or an override`);
    }
    return hcl.replaceAll("ZONE", zone);
  };
  const reference = (hcl: string, zone: string): string =>
    hcl.replaceAll(
      /<((?:data\.)?\w+):([^>]+)>((?:\.\w+)*)/g,
      (_, otherType: string, otherPath: string, attribute: string) =>
        referenceTo({ type: otherType, path: otherPath, attribute }, { definition, names, where, zone }),
    );
  const text = (value: string, zone: string): string =>
    splitTemplate(value)
      .map((part) =>
        "expression" in part
          ? `\${${reference(part.expression, zone)}}`
          : replaceMarks(numbered(part.text, path), (mark) => markText(mark, expressionOf(mark, zone))),
      )
      .join("");
  return {
    where,
    variable: (input) => {
      const hcl = definition.input(...(input.path as [string, string]));
      if (hcl === undefined) throw new Error(`${where}: must know ${inputName(input)}, got no input; add one`);
      return hcl;
    },
    text: (value, zone) => text(value, zone),
    bootScript: (script, zone) => {
      const { template, variables } = bootTemplate(
        script,
        definition,
        zone,
        (mark) => expressionOf(mark, zone),
        (hcl) => reference(hcl, zone),
      );
      const file = `boot-${placeOf(path).template.split("/")[0] ?? ""}.sh.tftpl`;
      templates.set(file, template);
      const values = [...variables].map(([name, hcl]) => `${name} = ${hcl}`).join(", ");
      return `base64gzip(templatefile("\${path.module}/${file}", { ${values} }))`;
    },
    zoneNames: "local.zone_names",
  };
}

/** A partition stands inside of an ARN. */
function markText({ meaning, text }: Mark, hcl: string): string {
  return meaning === "partition" ? text.replace(":aws:", `:\${${hcl}}:`) : `\${${hcl}}`;
}

/** In `Name` tags of an appliance: its number. */
function numbered(text: string, path: string): string {
  if (placeOf(path).repetition !== "appliance") return text;
  return text.replace(/(\/zz-mark-1[ab])\/1(?=\/|$)/, "$1/${each.value.number}");
}

interface ReferenceContext {
  readonly definition: ModuleDefinition;
  readonly names: ReadonlyMap<string, string>;
  readonly where: string;
  readonly zone: string;
}

function referenceTo(
  { type, path, attribute }: { type: string; path: string; attribute: string },
  { definition, names, where, zone }: ReferenceContext,
): string {
  const { template, repetition } = placeOf(path);
  const address = names.get(`${type}:${template}`);
  if (repetition !== "once" && zone === "") {
    throw new Error(`${where}: must say of which zone it means ${path}, got a reference to one; add an override`);
  }
  if (address === undefined) {
    const hcl = definition.references?.[`${type}:${template}${attribute}`];
    if (hcl === undefined) {
      throw new Error(
        `${where}: must know ${type}:${template}${attribute}, got no reference; add one to the definition`,
      );
    }
    return hcl.replaceAll("ZONE", zone);
  }
  const index = { once: "", zone: `[${zone}]`, appliance: `[${applianceKey(zone)}]`, inbound: "", management: "" }[
    repetition
  ];
  return `${address}${index}${attribute}`;
}

/** The own appliance, or of another resource's zone the first. */
function applianceKey(zone: string): string {
  return zone === "each.value.zone" ? "each.key" : `"\${${zone}}-1"`;
}

function bootTemplate(
  script: string,
  definition: ModuleDefinition,
  zone: string,
  expressionOf: (mark: Mark) => string,
  reference: (hcl: string) => string,
) {
  const variables = new Map<string, string>();
  const texts = Object.entries(definition.bootTexts ?? {});
  const ownTexts = (text: string): string =>
    texts.reduce(
      (rest, [name, own]) => rest.replace(own.text, () => named(name, own.hcl.replaceAll("ZONE", zone))),
      text,
    );
  const named = (name: string, hcl: string): string => {
    variables.set(name, hcl);
    return `\${${name}}`;
  };
  const template = splitTemplate(script)
    .map((part) => {
      if ("text" in part) return replaceMarks(ownTexts(part.text), (mark) => named(mark.meaning, expressionOf(mark)));
      const [, path = "", attribute = ""] = /^<\w+:([^>]+)>\.(\w+)$/.exec(part.expression) ?? [];
      const name = localName(placeOf(path).template.split("/").at(-1) ?? "");
      return named(`${name}_${attribute}`, reference(part.expression));
    })
    .join("");
  return { template, variables };
}

function dependencies(value: Json | undefined, names: ReadonlyMap<string, string>): string[] {
  const references = (value ?? []) as readonly string[];
  const addresses = references.map((reference) => {
    const [, type = "", path = ""] = /^<([^:]+):([^>]+)>$/.exec(reference) ?? [];
    return names.get(`${type}:${placeOf(path).template}`);
  });
  return [...new Set(addresses.filter((address) => address !== undefined))];
}

/** Local values that are used, directly or by another, are written; no others. */
function withLocals(definition: ModuleDefinition, blocks: Record<string, unknown>): Record<string, unknown> {
  const { outputs: ofOutputs, variables, locals } = definition;
  let used = JSON.stringify([blocks, ofOutputs, variables]);
  const all = { letters: 'split("", "abcdefghijklmnopqrstuvwxyz")', zone_names: definition.zoneNames, ...locals };
  const kept = new Set<string>();
  for (let before = -1; before !== kept.size;) {
    before = kept.size;
    for (const [name, hcl] of Object.entries(all)) {
      if (!kept.has(name) && new RegExp(`local\\.${name}\\b`).test(used)) {
        kept.add(name);
        used += hcl;
      }
    }
  }
  const chosen = Object.entries(all).filter(([name]) => kept.has(name));
  const sections = Object.entries(blocks).filter(([, section]) => Object.keys(section as object).length > 0);
  return {
    ...(chosen.length > 0 ? { locals: Object.fromEntries(chosen.map(([name, hcl]) => [name, `\${${hcl}}`])) } : {}),
    ...Object.fromEntries(sections),
  };
}

function outputs(
  definition: ModuleDefinition,
  names: ReadonlyMap<string, string>,
  { base, variants }: Variants,
): Record<string, unknown> {
  const valueOf = (value: ModuleDefinition["outputs"][string]["value"]): string => {
    if (typeof value === "string") return value.replaceAll(/@<([^>]+)>/g, (_, place: string) => address(place));
    const { resource, argument } = value;
    const key = resource.replaceAll("{zone}", SAMPLE_ZONES[0]);
    const own = { type: "output", path: key.slice(key.indexOf(":") + 1), attributes: {} };
    const of = (synthesized: Synthesized): Json | undefined =>
      withOverrides(definition, key, attributesOf(synthesized, key))[argument];
    const alternatives = variants.map((it): Alternative => ({
      input: it.input,
      given: it.value,
      value: of(it.synthesized),
    }));
    const each = generalize(of(base), alternatives, "zone", surroundings(definition, own, names, new Map()));
    return `{ for zone in local.zone_names : zone => ${toHcl(each)} }`;
  };
  const address = (place: string): string => {
    const found = names.get(place);
    if (found === undefined)
      throw new Error(`${definition.name}: outputs must name own resources, got ${place}; correct it`);
    return found;
  };
  return Object.fromEntries(
    Object.entries(definition.outputs).map(([name, { description, value, dependsOn }]) => [
      name,
      {
        description,
        value: `\${${valueOf(value)}}`,
        ...(dependsOn ? { depends_on: dependsOn.map(address) } : {}),
      },
    ]),
  );
}

function requireNoMarks(name: string, main: unknown): void {
  replaceMarks(JSON.stringify(main), (mark) => {
    throw new Error(`${name}: must be general, got '${mark.text}' of the sample in it; add an override`);
  });
}

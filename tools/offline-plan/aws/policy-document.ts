import { isObject, type CtyObject, type CtyValue } from "../protocol/cty-value";

/**
 * The JSON of a `data "aws_iam_policy_document"`, as the provider renders it.
 *
 * Lists are sorted and written as one string where they hold one; `source_policy_documents` come first, statements of
 * `override_policy_documents` replace those with the same `Sid`; `&{` is written for `${`.
 *
 * @throws Error when a source or override document is not JSON, or two statements share a `Sid`
 * @see https://registry.terraform.io/providers/hashicorp/aws/6.25.0/docs/data-sources/iam_policy_document
 */
export function policyDocument(config: CtyObject): string {
  const own = objects(config["statement"]).map(statement);
  let version = string(config["version"]);
  let id = string(config["policy_id"]);
  const merged: Statement[] = [];
  for (const source of strings(config["source_policy_documents"])) {
    const document = parsed(source, "source_policy_documents");
    version ??= document.Version;
    id ??= document.Id;
    for (const one of document.Statement) add(merged, one);
  }
  for (const one of own) add(merged, one);
  for (const override of strings(config["override_policy_documents"])) {
    const document = parsed(override, "override_policy_documents");
    version = document.Version ?? version;
    for (const one of document.Statement) replace(merged, one);
  }
  const whole = { Version: version ?? "2012-10-17", ...(id ? { Id: id } : {}), Statement: merged };
  return JSON.stringify(whole, null, 2);
}

type Statement = Record<string, unknown> & { readonly Sid?: string };

interface Document {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: readonly Statement[];
}

function statement(config: CtyObject): Statement {
  return {
    ...(string(config["sid"]) ? { Sid: string(config["sid"]) } : {}),
    Effect: string(config["effect"]) ?? "Allow",
    ...listed("Action", config["actions"]),
    ...listed("NotAction", config["not_actions"]),
    ...listed("Resource", config["resources"], substituted),
    ...listed("NotResource", config["not_resources"], substituted),
    ...principals("Principal", config["principals"]),
    ...principals("NotPrincipal", config["not_principals"]),
    ...conditions(config["condition"]),
  };
}

function listed(name: string, value: CtyValue | undefined, as = (text: string) => text) {
  const values = strings(value).map(as).sort();
  return values.length ? { [name]: oneOrMany(values) } : {};
}

function principals(name: string, value: CtyValue | undefined) {
  const blocks = objects(value);
  if (blocks.length === 0) return {};
  const byType: Record<string, string[]> = {};
  for (const block of blocks)
    (byType[string(block["type"]) ?? ""] ??= []).push(...strings(block["identifiers"]).map(substituted));
  // Principal "*" is not {"*": "*"}: only the former is public for every kind of principal.
  if (byType["*"]?.length === 1 && byType["*"][0] === "*" && blocks.length === 1) return { [name]: "*" };
  return { [name]: Object.fromEntries(Object.entries(byType).map(([type, ids]) => [type, oneOrMany(ids.sort())])) };
}

function conditions(value: CtyValue | undefined) {
  const tests: Record<string, Record<string, string | string[]>> = {};
  for (const block of objects(value)) {
    const test = (tests[string(block["test"]) ?? ""] ??= {});
    const variable = substituted(string(block["variable"]) ?? "");
    const values = strings(block["values"]).map(substituted);
    const before = test[variable];
    test[variable] = oneOrMany(before === undefined ? values : [before, values].flat());
  }
  return Object.keys(tests).length ? { Condition: tests } : {};
}

function add(merged: Statement[], one: Statement): void {
  if (one.Sid && merged.some((it) => it.Sid === one.Sid))
    throw new Error(`duplicate Sid (${one.Sid}); give every statement its own, or leave it out`);
  merged.push(one);
}

function replace(merged: Statement[], one: Statement): void {
  const at = one.Sid ? merged.findIndex((it) => it.Sid === one.Sid) : -1;
  if (at < 0) merged.push(one);
  else merged[at] = one;
}

function parsed(json: string, argument: string): Document {
  try {
    const document = JSON.parse(json) as Partial<Document>;
    return { ...document, Statement: [document.Statement ?? []].flat() };
  } catch {
    throw new Error(
      `${argument}: not a JSON policy document, got ${json.slice(0, 60)}; pass the 'json' of another one`,
    );
  }
}

const substituted = (value: string) => value.replaceAll("&{", "${");
const oneOrMany = (values: string[]) => (values.length === 1 ? (values[0] as string) : values);
const string = (value: CtyValue | undefined) => (typeof value === "string" && value ? value : undefined);
const strings = (value: CtyValue | undefined) =>
  Array.isArray(value) ? value.filter((it): it is string => typeof it === "string") : [];
const objects = (value: CtyValue | undefined) => (Array.isArray(value) ? value.filter(isObject) : []);

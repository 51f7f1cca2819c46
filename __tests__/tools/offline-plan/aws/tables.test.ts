import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NETWORK_ANSWERS } from "../../../../tools/offline-plan/aws/data-sources/network";
import { ACCOUNT_ANSWERS } from "../../../../tools/offline-plan/aws/data-sources/account";
import { DERIVED } from "../../../../tools/offline-plan/aws/data-sources/derived";
import { ID_PREFIXES } from "../../../../tools/offline-plan/aws/predictions/identifiers";
import { CIDR_ARGUMENTS } from "../../../../tools/offline-plan/aws/tables/cidr-arguments";
import { CONFLICTS } from "../../../../tools/offline-plan/aws/tables/conflicts";
import { DEFAULTS } from "../../../../tools/offline-plan/aws/tables/defaults";
import { DOCUMENTED_VERSION } from "../../../../tools/offline-plan/aws/tables/documentation";
import { ENUMERATIONS } from "../../../../tools/offline-plan/aws/tables/enumerations";
import { FORCE_NEW } from "../../../../tools/offline-plan/aws/tables/force-new";
import { SENSITIVE } from "../../../../tools/offline-plan/aws/tables/sensitive";
import { SchemaCache } from "../../../../tools/offline-plan/schema/schema-cache";
import type { Block } from "../../../../tools/offline-plan/schema/schema";

const root = mkdtempSync(join(tmpdir(), "tables-"));
const cache = new SchemaCache("aws", root);
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** Names that a type does not have; `a.b` is an argument of a block. */
function unknownNames(type: string, names: readonly string[]): string[] {
  const block = cache.type("resource", type);
  return names.filter((name) => !has(block, name.split(".")));
}

function has(block: Block | undefined, [name = "", ...rest]: string[]): boolean {
  if (!block) return false;
  return rest.length ? has(block.blocks[name]?.block, rest) : name in block.attributes || name in block.blocks;
}

test("the tables were read from the documentation of the version that is installed", () => {
  expect(cache.provider().providerVersion).toBe(DOCUMENTED_VERSION);
});

test.each([
  ["defaults", Object.entries(DEFAULTS).map(([type, { values }]) => [type, Object.keys(values)] as const)],
  ["ForceNew", Object.entries(FORCE_NEW).map(([type, it]) => [type, it.arguments] as const)],
  ["enumerations", Object.entries(ENUMERATIONS).map(([type, it]) => [type, Object.keys(it.arguments)] as const)],
  [
    "conflicts",
    Object.entries(CONFLICTS).map(
      ([type, { atMostOne = [], exactlyOne = [] }]) => [type, [...atMostOne, ...exactlyOne].flat()] as const,
    ),
  ],
  [
    "CIDR arguments",
    Object.entries(CIDR_ARGUMENTS).map(([type, { ipv4 = [], ipv6 = [] }]) => [type, [...ipv4, ...ipv6]] as const),
  ],
])("%s: every type and argument exists", (_name, rows) => {
  expect(rows.flatMap(([type, names]) => unknownNames(type, names).map((name) => `${type}.${name}`))).toEqual([]);
  expect(rows.length).toBeGreaterThan(5);
});

test("a default is never that of an argument which must be given", () => {
  const required = Object.entries(DEFAULTS).flatMap(([type, { values }]) =>
    Object.keys(values).filter((name) => cache.type("resource", type)?.attributes[name]?.required),
  );
  expect(required).toEqual([]);
});

test("every row names its source", () => {
  const rows = [DEFAULTS, FORCE_NEW, ENUMERATIONS, CONFLICTS, CIDR_ARGUMENTS].flatMap((it) =>
    Object.values<{ source: string }>(it),
  );
  for (const { source } of rows)
    expect(source).toMatch(
      /^https:\/\/registry\.terraform\.io\/providers\/hashicorp\/aws\/6\.25\.0\/docs\/resources\/\w+$/,
    );
});

test("every data source that is answered exists, and every resource with an id prefix", () => {
  const answered = Object.keys({ ...NETWORK_ANSWERS, ...ACCOUNT_ANSWERS, ...DERIVED });
  expect(answered.filter((type) => !cache.type("data", type))).toEqual([]);
  expect(Object.keys(ID_PREFIXES).filter((type) => !cache.type("resource", type))).toEqual([]);
});

test("every sensitive attribute exists", () => {
  const missing = Object.entries(SENSITIVE).flatMap(([key, names]) => {
    const isData = key.startsWith("data.");
    const block = cache.type(isData ? "data" : "resource", key.replace("data.", ""));
    return names.filter((name) => !block?.attributes[name]).map((name) => `${key}.${name}`);
  });
  expect(missing).toEqual([]);
});

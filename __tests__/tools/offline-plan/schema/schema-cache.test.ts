import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SchemaCache } from "../../../../tools/offline-plan/schema/schema-cache";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "schema-cache-"));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** The one directory below the root: named by provider, package version and extractor version. */
const versioned = () => join(root, readdirSync(root)[0] ?? "");

test("a type is extracted once, and read from the cache afterwards", () => {
  const block = new SchemaCache("aws", root).type("resource", "aws_vpc");
  expect(versioned()).toMatch(/aws-\d+\.\d+\.\d+-\d+$/);
  const file = join(versioned(), "resource-aws_vpc.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(block);
  writeFileSync(file, JSON.stringify({ attributes: {}, blocks: {} }));
  expect(new SchemaCache("aws", root).type("resource", "aws_vpc")).toEqual({ attributes: {}, blocks: {} });
});

test("a cache file that was cut short is made again", () => {
  const block = new SchemaCache("aws", root).type("data", "aws_ami");
  writeFileSync(join(versioned(), "data-aws_ami.json"), '{"attributes": {');
  expect(new SchemaCache("aws", root).type("data", "aws_ami")).toEqual(block);
});

test("a cache that cannot be written is done without", () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  expect(new SchemaCache("aws", join(file, "below")).type("resource", "aws_vpc")?.attributes["arn"]).toBeDefined();
});

test.each([
  ["resource", "aws_alb"],
  ["resource", "aws_s3_bucket"],
  ["resource", "aws_ec2_transit_gateway"],
  ["data", "aws_iam_policy_document"],
  ["data", "aws_vpc_endpoint_service"],
] as const)("finds %s %s", (mode, type) => {
  expect(new SchemaCache("aws", root).type(mode, type)).toBeDefined();
});

test("finds a data source whose name is the provider's own", () => {
  expect(new SchemaCache("http", root).type("data", "http")?.attributes["url"]).toBeDefined();
});

test.each(["aws_nothing", "aws_../vpc", "../../etc/passwd", ""])("has no type '%s'", (type) => {
  expect(new SchemaCache("aws", root).type("resource", type)).toBeUndefined();
});

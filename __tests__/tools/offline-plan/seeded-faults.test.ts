import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OfflinePlanError } from "../../../tools/offline-plan/offline-plan-error";
import { offlinePlan } from "../../../tools/offline-plan/offline-plan";

const ARTICLE = join(__dirname, "../../fixtures/offline-plan/article-flat");

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "seeded-fault-"));
  cpSync(ARTICLE, directory, { recursive: true });
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

interface Fault {
  readonly name: string;
  /** Replaced once in main.tf; a text that is not there fails the test. */
  readonly change?: readonly [from: string, to: string];
  /** Appended to main.tf. */
  readonly append?: string;
  readonly says: RegExp;
}

const byTerraform: Fault[] = [
  {
    name: "cycle",
    append: `
      resource "aws_security_group" "x" {
        description = aws_security_group.y.name
      }
      resource "aws_security_group" "y" {
        description = aws_security_group.x.name
      }`,
    says: /Cycle: aws_security_group/,
  },
  { name: "misspelt argument", change: ["enable_dns_hostnames", "enable_dns_hostname"], says: /Unsupported argument/ },
  { name: "misspelt block", change: ["health_check {", "healthcheck {"], says: /Unsupported block type/ },
  {
    name: "scalar for a list",
    change: ["[aws_subnet.appliance.id]", "aws_subnet.appliance.id"],
    says: /set of string required/,
  },
  { name: "word for a number", change: ["port        = 6081", 'port        = "geneve"'], says: /a number is required/ },
  {
    name: "missing argument",
    change: ["vpc_id            = aws_vpc.inspection.id", ""],
    says: /Missing required argument/,
  },
  { name: "missing argument in a block", change: ['type             = "forward"', ""], says: /"type" is required/ },
  {
    name: "undeclared reference",
    change: ["aws_vpc_endpoint.gwlb.id", "aws_vpc_endpoint.gwlbe.id"],
    says: /undeclared resource/,
  },
  {
    name: "unknown attribute",
    change: ["aws_vpc_endpoint.gwlb.id", "aws_vpc_endpoint.gwlb.endpoint_id"],
    says: /Unsupported attribute/,
  },
  {
    name: "unknown type",
    change: ['"aws_route" "edge"', '"aws_routes" "edge"'],
    says: /does not support resource type "aws_routes"/,
  },
  {
    name: "too many blocks",
    change: ["  health_check {", "  health_check {\n    port = 1\n  }\n  health_check {"],
    says: /Too many health_check blocks/,
  },
  {
    name: "no listener action",
    change: ["default_action {", "timeouts {"],
    says: /Insufficient default_action blocks/,
  },
  {
    name: "bad expression",
    change: ["cidr_block, 3, 1)", "cidr_block, 3, 9)"],
    says: /does not accommodate a subnet numbered 9/,
  },
  { name: "undeclared local", change: ["local.zone", "local.zon"], says: /undeclared local value/ },
  {
    name: "for_each over what is not known",
    append: `
      resource "aws_eip" "q" {
        for_each = toset([aws_vpc.client.idd])
      }`,
    says: /Unsupported attribute/,
  },
  {
    name: "undeclared alias",
    change: ['resource "aws_vpc" "client" {', 'resource "aws_vpc" "client" {\n  provider = aws.nowhere'],
    says: /Provider configuration not present|provider "aws" alias "nowhere"|nowhere/,
  },
  {
    name: "syntax error",
    append: 'resource "aws_vpc" {',
    says: /Missing name for resource|Unclosed configuration block/,
  },
];

const byTables: Fault[] = [
  {
    name: "no region",
    change: ["region = var.region", 'region = "eu-west1"'],
    says: /"eu-west1" is not an AWS region/,
  },
  {
    name: "value for a computed attribute",
    change: ['resource "aws_vpc" "client" {', 'resource "aws_vpc" "client" {\n  arn = "arn:x"'],
    says: /Value for unconfigurable attribute[^]*Can't configure a value for "arn"/,
  },
  {
    name: "word that is none of the allowed",
    change: ['protocol    = "GENEVE"', 'protocol    = "GENEV"'],
    says: /expected protocol to be one of "GENEVE", [^]*got GENEV/,
  },
  {
    name: "word that is none of the allowed, in a block",
    change: ['protocol = "HTTP"', 'protocol = "ICMP"'],
    says: /expected health_check.protocol to be one of/,
  },
  {
    name: "arguments that exclude each other",
    change: [
      "gateway_id             = aws_internet_gateway.client.id",
      "gateway_id = aws_internet_gateway.client.id\n  vpc_endpoint_id = aws_vpc_endpoint.gwlb.id",
    ],
    says: /"gateway_id": conflicts with vpc_endpoint_id/,
  },
  {
    name: "route without a target",
    change: ["gateway_id             = aws_internet_gateway.client.id", ""],
    says: /one of "carrier_gateway_id"[^]*must be specified/,
  },
  {
    name: "CIDR block with host bits",
    change: ['cidr_block           = "10.1.0.0/24"', 'cidr_block           = "10.1.0.1/24"'],
    says: /cidr_block: not a network's first address, which is 10.1.0.0, got 10.1.0.1\/24; write one such as 10.1.0.0\/16/,
  },
];

function seed({ name, change, append }: Fault): void {
  const file = join(directory, "main.tf");
  const text = readFileSync(file, "utf8");
  if (change && !text.includes(change[0])) throw new Error(`${name}: '${change[0]}' is not in the fixture`);
  writeFileSync(file, (change ? text.replace(change[0], change[1]) : text) + (append ? `\n${append}\n` : ""));
}

async function refusal(): Promise<OfflinePlanError> {
  const error: unknown = await offlinePlan(directory).then(
    () => new Error("planned"),
    (caught: unknown) => caught,
  );
  if (!(error instanceof OfflinePlanError)) throw error;
  return error;
}

test.each(byTerraform)("Terraform refuses: $name", async (fault) => {
  seed(fault);
  const error = await refusal();
  expect(error.failure).toBe("configuration");
  expect(error.message).toMatch(fault.says);
});

test.each(byTables)("the offline provider refuses: $name", async (fault) => {
  seed(fault);
  const error = await refusal();
  expect(error.message).toMatch(fault.says);
  expect(error.diagnostics[0]?.range?.filename).toBe("main.tf");
});

test("a refusal names the file and the line of the user, not those of the copy", async () => {
  seed({ name: "", change: ["enable_dns_hostnames", "enable_dns_hostname"], says: /./ });
  const lines = readFileSync(join(directory, "main.tf"), "utf8").split("\n");
  const line = lines.findIndex((it) => it.includes("enable_dns_hostname ")) + 1;
  const { message } = await refusal();
  expect(message).toContain(`on ${directory}/main.tf:${line}, in resource "aws_vpc" "client":\n`);
  expect(message).toContain(`${line}:   enable_dns_hostname = true`);
  expect(message).toContain('An argument named "enable_dns_hostname" is not expected here');
  expect(message).not.toContain("offline-plan-");
  expect(message).not.toContain("offline_plan_");
});

test("the fixture itself is accepted", async () => {
  await expect(offlinePlan(directory)).resolves.toMatchObject({ warnings: [] });
});

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assumptions } from "../../../tools/offline-plan/assumptions";
import { normalPlan, offlineApply, offlinePlan, type OfflinePlan } from "../../../tools/offline-plan/offline-plan";

jest.setTimeout(120_000);

const FIXTURES = join(__dirname, "../../fixtures/offline-plan");
const EVERYTHING = join(FIXTURES, "everything/root");
const prefix = { variables: ["prefix=app"] };

type Values = Record<string, unknown>;
interface Change {
  readonly address: string;
  readonly change: { readonly actions: string[]; readonly after: Values; readonly after_unknown: Values };
}
const changes = (plan: Readonly<Values>) => plan["resource_changes"] as Change[];
const after = (plan: Readonly<Values>, address: string) =>
  changes(plan).find((it) => it.address === address)?.change.after;
const outputs = (plan: Readonly<Values>) =>
  (plan["planned_values"] as { outputs: Record<string, { value: unknown }> }).outputs;

/** Every file below a directory, with its contents: equal before and after, or something was written. */
function snapshot(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
  return Object.fromEntries(
    files.map((it) => join(it.parentPath, it.name)).map((it) => [it, readFileSync(it, "utf8")]),
  );
}

/** Temporary directories of runs of this very process. */
const scratchDirectories = () => readdirSync(tmpdir()).filter((it) => it.startsWith(`offline-plan-${process.pid}-`));

describe("the article's topology in one file", () => {
  let made: OfflinePlan;
  const before = snapshot(join(FIXTURES, "article-flat"));
  beforeAll(async () => {
    made = await offlinePlan(join(FIXTURES, "article-flat"));
  });

  test("is planned without an unknown", () => {
    expect(changes(made.plan)).toHaveLength(25);
    expect(changes(made.plan).every((it) => it.change.actions.join() === "create")).toBe(true);
    expect(JSON.stringify(changes(made.plan).map((it) => it.change.after_unknown))).not.toContain("true");
  });

  test("resources refer to each other by predicted ids", () => {
    const endpoint = after(made.plan, "aws_vpc_endpoint.gwlb");
    expect(endpoint?.["id"]).toMatch(/^vpce-0[0-9a-f]{16}$/);
    expect(after(made.plan, "aws_route.edge")?.["vpc_endpoint_id"]).toBe(endpoint?.["id"]);
    expect(endpoint?.["vpc_endpoint_type"]).toBe("GatewayLoadBalancer");
    expect(endpoint?.["subnet_ids"]).toEqual([after(made.plan, "aws_subnet.endpoint")?.["id"]]);
    expect(endpoint?.["service_name"]).toMatch(/^com\.amazonaws\.vpce\.eu-west-1\.vpce-svc-0[0-9a-f]{16}$/);
    expect(after(made.plan, "aws_lb.gwlb")?.["arn"]).toMatch(
      /^arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer\/gwy\/gwlb\/[0-9a-f]{16}$/,
    );
  });

  test("instances have addresses of their subnets and zones", () => {
    expect(after(made.plan, "aws_instance.client")).toMatchObject({
      availability_zone: "eu-west-1a",
      source_dest_check: true,
    });
    expect(after(made.plan, "aws_instance.client")?.["private_ip"]).toMatch(/^10\.1\.0\.\d+$/);
    expect(after(made.plan, "aws_instance.client")?.["public_ip"]).toMatch(/^203\.0\.113\.\d+$/);
    expect(after(made.plan, "aws_instance.appliance")?.["private_ip"]).toMatch(/^10\.2\.0\.\d+$/);
  });

  test("tags_all is default_tags and tags", () => {
    expect(after(made.plan, "aws_subnet.workload")?.["tags_all"]).toEqual({ Project: "gwlb", Name: "workload" });
    expect(after(made.plan, "aws_lb.gwlb")?.["tags_all"]).toEqual({ Project: "gwlb" });
  });

  test("arguments that are left out have the provider's defaults", () => {
    expect(after(made.plan, "aws_lb.gwlb")?.["enable_cross_zone_load_balancing"]).toBe(false);
    expect(after(made.plan, "aws_lb_target_group.appliances")?.["deregistration_delay"]).toBe("300");
    expect(after(made.plan, "aws_vpc.client")?.["enable_dns_support"]).toBe(true);
  });

  test("what data sources found is listed with addresses", () => {
    expect(made.assumedValues.map((it) => it.address)).toEqual([
      "data.aws_ami.linux",
      "data.aws_availability_zones.available",
    ]);
    expect(made.assumedValues[1]?.values["names"]).toEqual(["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
  });

  test("the plan is the same in every run", async () => {
    const again = await offlinePlan(join(FIXTURES, "article-flat"));
    expect(again.plan["planned_values"]).toEqual(made.plan["planned_values"]);
    expect(again.plan["resource_changes"]).toEqual(made.plan["resource_changes"]);
    expect(JSON.stringify(again.plan)).not.toContain("offline_plan_address");
  });

  test("nothing was written to the directory, no provisioner ran, nothing is left", () => {
    expect(snapshot(join(FIXTURES, "article-flat"))).toEqual(before);
    expect(scratchDirectories()).toEqual([]);
  });
});

test("modules with for_each, '../' sources, dynamic blocks and auto.tfvars", async () => {
  const { plan } = await offlinePlan(join(FIXTURES, "article-modules/live"));
  const endpoint = (zone: string) => after(plan, `module.insertion["${zone}"].aws_vpc_endpoint.this`);
  expect(endpoint("eu-west-1b")?.["subnet_ids"]).toEqual([
    after(plan, 'module.client.aws_subnet.this["endpoint-eu-west-1b"]')?.["id"],
  ]);
  const routes = after(plan, "aws_route_table.edge")?.["route"] as { vpc_endpoint_id: string }[];
  expect(new Set(routes.map((it) => it.vpc_endpoint_id))).toEqual(
    new Set(["a", "b"].map((it) => endpoint(`eu-west-1${it}`)?.["id"])),
  );
});

test("-var wins over auto.tfvars, -var-file is the caller's path", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "vars-")), "one.tfvars");
  writeFileSync(file, "zones = { eu-west-1c = 2 }");
  const one = await offlinePlan(join(FIXTURES, "article-modules/live"), { variableFiles: [file] });
  expect(after(one.plan, 'module.insertion["eu-west-1c"].aws_vpc_endpoint.this')).toBeDefined();
  const other = await offlinePlan(join(FIXTURES, "article-modules/live"), { variables: ["zones={eu-west-1b=0}"] });
  expect(changes(other.plan).filter((it) => it.address.includes("eu-west-1c"))).toEqual([]);
  rmSync(join(file, ".."), { recursive: true });
});

describe("everything at once", () => {
  const before = snapshot(join(FIXTURES, "everything"));
  let made: OfflinePlan;
  beforeAll(async () => {
    made = await offlinePlan(EVERYTHING, { ...prefix, normalPlan: true });
  });

  test("a data source that waits for resources is answered from them, and nothing stays unknown", () => {
    const subnets = [0, 1].map((it) => after(made.plan, `aws_subnet.main[${it}]`)?.["id"]);
    expect([0, 1].map((it) => after(made.plan, `aws_flow_log.subnet[${it}]`)?.["subnet_id"])).toEqual(
      [...subnets].sort(),
    );
    expect(JSON.stringify(changes(made.plan).map((it) => it.change.after_unknown))).not.toContain("true");
    expect(changes(made.plan).every((it) => it.change.actions.join() === "create")).toBe(true);
  });

  test("aliases are providers of their own", () => {
    expect(after(made.plan, "aws_vpc.frankfurt")).toMatchObject({ region: "eu-central-1", tags_all: {} });
    expect(after(made.plan, "aws_vpc.main")).toMatchObject({
      region: "eu-west-1",
      tags_all: { Owner: "network", Stage: "test" },
    });
    expect(after(made.plan, "aws_iam_role.appliance")?.["tags_all"]).toEqual({ Owner: "network", Stage: "live" });
  });

  test("policy documents are really rendered", () => {
    expect(JSON.parse(String(after(made.plan, "aws_iam_role.appliance")?.["assume_role_policy"]))).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "sts:AssumeRole",
          Principal: { Service: "ec2.amazonaws.com" },
          Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
        },
      ],
    });
  });

  test("utility providers and provider functions answer", () => {
    const found = outputs(made.plan);
    expect(found["parsed"]?.value).toBe("s3");
    expect(found["rendered"]?.value).toContain('Content-Disposition: attachment; filename="boot.sh"');
    expect(found["summary"]?.value).toMatchObject({
      files: ["motd.txt"],
      pet: expect.stringMatching(/^[a-z]+-[a-z]+$/) as string,
    });
    expect(after(made.plan, "local_file.written")?.["content"]).toBe("welcome\n");
    expect(String(after(made.plan, "random_password.secret")?.["result"])).toHaveLength(20);
  });

  test("paths are the user's", () => {
    expect(outputs(made.plan)["where"]?.value).toBe(EVERYTHING);
    expect(JSON.stringify(made.plan)).not.toContain("offline-plan-");
  });

  test("the normal plan has unknowns, for people", () => {
    expect(made.normalPlan?.text).toContain("# aws_vpc.main will be created");
    expect(made.normalPlan?.text).toMatch(/\+ id += \(known after apply\)/);
    expect(made.normalPlan?.text).toMatch(/private_key_pem += \(sensitive value\)/);
    expect(made.normalPlan?.text).toMatch(/Plan: 14 to add, 0 to change, 0 to destroy\./);
  });

  test("no file was written and no command run", () => {
    expect(snapshot(join(FIXTURES, "everything"))).toEqual(before);
    expect(existsSync("provisioner-ran")).toBe(false);
  });
});

test("what the user assumes is what data sources find", async () => {
  const said = assumptions({
    account: "999999999999",
    data: {
      aws_availability_zones: { names: ["eu-west-1z"] },
      aws_ami: [
        { match: { owners: ["nobody"] }, values: { id: "ami-wrong" } },
        { match: { owners: ["amazon"] }, values: { id: "ami-said" } },
      ],
    },
  });
  const { plan } = await offlinePlan(join(FIXTURES, "article-flat"), { assumptions: said });
  expect(after(plan, "aws_instance.client")?.["ami"]).toBe("ami-said");
  expect(after(plan, "aws_subnet.workload")?.["availability_zone"]).toBe("eu-west-1z");
  expect(after(plan, "aws_vpc.client")?.["owner_id"]).toBe("999999999999");
});

test("a provider that is not known is said, and the rest is planned", async () => {
  const { plan, warnings } = await offlinePlan(join(FIXTURES, "unknown-provider"));
  expect(after(plan, "panos_address_object.web")).toMatchObject({ name: "web", tags: [{ name: "x" }] });
  expect(after(plan, "aws_vpc.main")?.["cidr_block"]).toBe("10.9.0.0/16");
  expect(warnings.join("\n")).toContain(
    "registry.terraform.io/paloaltonetworks/panos is not served offline: panos_address_object is taken as written, unchecked",
  );
  expect(warnings.join("\n")).toMatch(
    /asks for registry.terraform.io\/hashicorp\/aws "~> 4.0"; it is planned with the schema of 6\./,
  );
});

test.each([
  ["article-flat", {}],
  ["article-modules/live", {}],
  ["transit-gateway", {}],
  ["everything/root", prefix],
  ["unknown-provider", {}],
])("%s: applied, planned again without a change, destroyed", async (fixture, options) => {
  const { state, changedBySecondPlan, stateAfterDestroy } = await offlineApply(join(FIXTURES, fixture), options);
  expect(JSON.stringify(state)).toContain('"address"');
  expect(changedBySecondPlan).toEqual([]);
  expect(stateAfterDestroy["values"]).toBeUndefined();
});

test("two runs at once do not disturb each other", async () => {
  const [flat, hub] = await Promise.all([
    offlinePlan(join(FIXTURES, "article-flat")),
    normalPlan(join(FIXTURES, "transit-gateway")),
  ]);
  expect(changes(flat.plan)).toHaveLength(25);
  expect(hub.text).toContain("Plan: 36 to add");
});

test("JSON syntax, and the file itself as the target", async () => {
  const directory = mkdtempSync(join(tmpdir(), "json-"));
  writeFileSync(
    join(directory, "cdk.tf.json"),
    JSON.stringify({
      "//": { metadata: {} },
      terraform: {
        backend: { s3: { bucket: "b", key: "k", region: "eu-west-1" } },
        required_providers: { aws: { source: "aws", version: "6.25.0" } },
      },
      provider: { aws: [{ region: "eu-west-1" }] },
      resource: {
        aws_vpc: { v: { cidr_block: "10.0.0.0/16", provisioner: [{ "local-exec": { command: "false" } }] } },
      },
    }),
  );
  const { plan, warnings } = await offlinePlan(join(directory, "cdk.tf.json"));
  expect(changes(plan).map((it) => it.address)).toEqual(["aws_vpc.v"]);
  expect(warnings).toEqual([]);
  rmSync(directory, { recursive: true });
});

test("an imported resource keeps its id and is not replaced", async () => {
  const directory = mkdtempSync(join(tmpdir(), "import-"));
  writeFileSync(
    join(directory, "main.tf"),
    `provider "aws" {
      region = "eu-west-1"
    }
    import {
      to = aws_vpc.old
      id = "vpc-0123456789abcdef0"
    }
    resource "aws_vpc" "old" {
      cidr_block = "10.0.0.0/16"
    }`,
  );
  const { plan } = await offlinePlan(directory);
  expect(changes(plan)[0]?.change.actions).toEqual(["update"]);
  expect(after(plan, "aws_vpc.old")).toMatchObject({
    id: "vpc-0123456789abcdef0",
    arn: "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0123456789abcdef0",
    cidr_block: "10.0.0.0/16",
  });
  rmSync(directory, { recursive: true });
});

describe("what cannot be planned:", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "refused-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });
  const refusal = (target = directory) =>
    offlinePlan(target).then(
      () => "planned",
      (error: unknown) => (error as Error).message,
    );

  test("fails on what does not exist", async () => {
    expect(await refusal("/nowhere")).toBe(
      "/nowhere: no such file or directory; name a directory that holds *.tf or *.tf.json files",
    );
  });

  test("fails on a directory without Terraform", async () => {
    writeFileSync(join(directory, "README.md"), "");
    expect(await refusal()).toBe(
      `${directory}: no *.tf or *.tf.json file in it; name the directory in which you would run 'terraform plan'`,
    );
  });

  test("fails on another kind of file", async () => {
    writeFileSync(join(directory, "README.md"), "");
    expect(await refusal(join(directory, "README.md"))).toBe(
      `${directory}/README.md: not a directory and not a cdk.tf.json; name the directory it is in`,
    );
  });

  test("fails on modules that would have to be downloaded, and names them", async () => {
    writeFileSync(join(directory, "main.tf"), '\nmodule "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n');
    expect(await refusal()).toBe(
      `${directory}: a module is not on this machine, and nothing is downloaded here:\n` +
        `  ${directory}/main.tf:2: module "vpc" from "terraform-aws-modules/vpc/aws"\n` +
        "run 'terraform init -backend=false' in that directory once, with network; its .terraform/modules are then used",
    );
  });

  test("fails on modules whose directory is not there, and says how those of this repository are made", async () => {
    writeFileSync(join(directory, "main.tf"), 'module "own" {\n  source = "./network"\n}\n');
    expect(await refusal()).toBe(
      `${directory}: no such directory for a module:\n  ${directory}/main.tf:1: module "own" from "./network"\ncorrect the source`,
    );
    const source = "../dist/terraform-modules/client-vpc";
    writeFileSync(join(directory, "main.tf"), `module "client" {\n  source = "${source}"\n}\n`);
    expect(await refusal()).toBe(
      `${directory}: no such directory for a module:\n  ${directory}/main.tf:1: module "client" from "${source}"\n` +
        "run 'npm run build:modules', which writes dist/terraform-modules",
    );
  });

  test("modules that an earlier init downloaded are used", async () => {
    writeFileSync(
      join(directory, "main.tf"),
      'provider "aws" {\n  region = "eu-west-1"\n}\nmodule "vpc" {\n  source  = "terraform-aws-modules/vpc/aws"\n  version = "~> 5.0"\n}\n',
    );
    const installed = join(directory, ".terraform/modules/vpc");
    mkdirSync(installed, { recursive: true });
    writeFileSync(join(installed, "main.tf"), 'resource "aws_vpc" "this" {\n  cidr_block = "10.0.0.0/16"\n}\n');
    const record = {
      Key: "vpc",
      Source: "registry.terraform.io/terraform-aws-modules/vpc/aws",
      Version: "5.1.0",
      Dir: ".terraform/modules/vpc",
    };
    writeFileSync(
      join(directory, ".terraform/modules/modules.json"),
      JSON.stringify({ Modules: [{ Key: "", Source: "", Dir: "." }, record] }),
    );
    const { plan } = await offlinePlan(directory);
    expect(changes(plan).map((it) => it.address)).toEqual(["module.vpc.aws_vpc.this"]);
  });

  test("fails on variables without a value, and says how to give them", async () => {
    writeFileSync(join(directory, "main.tf"), 'variable "a" {}\nvariable "b" {}\n');
    process.env["TF_VAR_a"] = "1";
    const message = await refusal();
    delete process.env["TF_VAR_a"];
    expect(message).toContain('The root module input variable "b" is not set');
    expect(message).toContain(
      "give them with -var 'a=...' -var 'b=...' or -var-file FILE; TF_VAR_* of the environment is not passed on",
    );
  });

  test("fails with the assumed answers that may be to blame", async () => {
    writeFileSync(
      join(directory, "main.tf"),
      'data "http" "x" {\n  url = "https://example.com"\n}\noutput "y" {\n  value = jsondecode(data.http.x.response_body)\n}\n',
    );
    expect(await refusal()).toContain("assumed on the way, and settable with --assume FILE: data.http");
  });

  test("fails without Terraform, with something else, and with an old one", async () => {
    cpSync(join(FIXTURES, "unknown-provider"), directory, { recursive: true });
    const say = (name: string, version: string) => {
      const file = join(directory, name);
      writeFileSync(file, `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 });
      return offlinePlan(directory, { terraform: file }).catch((error: unknown) => (error as Error).message);
    };
    const install = "install Terraform 1.5.0 or newer: https://developer.hashicorp.com/terraform/install";
    await expect(offlinePlan(directory, { terraform: "no-such-terraform" })).rejects.toThrow(
      `no-such-terraform: not found or not executable; ${install}`,
    );
    expect(await say("other", "hello")).toBe(
      `${directory}/other: not Terraform, 'version -json' printed "hello\\n"; ${install}`,
    );
    expect(await say("old", '{"terraform_version": "1.4.9"}')).toBe(
      `${directory}/old: too old, got Terraform 1.4.9; ${install}`,
    );
  });
});

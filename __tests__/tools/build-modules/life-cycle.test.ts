import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { offlineApply, offlinePlan } from "../../../tools/offline-plan/offline-plan";
import { writeModules } from "../../../tools/build-modules/write-modules";
import { DEFINITIONS } from "../../../tools/build-modules/definitions";
import { ARCHIVE, Loose, withModules } from "../../support/planned-modules";

/** A plain HCL root that calls every module; the scenario modules once for each of two names. */
const ROOT = `
terraform {
  required_version = ">= 1.9"
}

provider "aws" {
  region = "eu-west-1"
}

locals {
  zones = ["eu-west-1a"]
}

module "pass_through" {
  source   = "./modules/pass-through"
  for_each = toset(["blue", "green"])
  name     = each.key
  zones    = local.zones
}

module "tc_filter" {
  source = "./modules/tc-filter"
  zones  = local.zones
  filter = {
    rules = [
      { name = "no-telnet", match = { protocol = "tcp", destination_ports = ["23", "2323-2325"] }, action = "drop" },
    ]
  }
}

module "squid_bastion" {
  source        = "./modules/squid-bastion"
  zones         = local.zones
  squid_bastion = { denied_domains = [".example.com"] }
}

module "client" {
  source = "./modules/client-vpc"
  zones  = local.zones
  cidr   = "10.3.0.0/24"
}

module "inspection" {
  source = "./modules/inspection-vpc"
  zones  = local.zones
  cidr   = "10.4.0.0/24"
}

module "service" {
  source = "./modules/gateway-load-balancer-service"
  vpc_id = module.inspection.vpc_id
  zones  = module.inspection.zones
}

module "insertion" {
  source              = "./modules/endpoint-insertion"
  vpc_id              = module.client.vpc_id
  internet_gateway_id = module.client.internet_gateway_id
  service_name        = module.service.service_name
  zones               = module.client.zones
}

module "agent" {
  source = "./modules/agent-bundle"
}

module "appliance" {
  source           = "./modules/appliance"
  vpc_id           = module.inspection.vpc_id
  zones            = module.inspection.zones
  target_group_arn = module.service.target_group_arn
  bundle           = module.agent.bundle
  configurations   = module.bastion.appliance_configurations
}

module "bastion" {
  source                          = "./modules/bastion"
  vpc_id                          = module.inspection.vpc_id
  vpc_cidr                        = module.inspection.cidr
  internet_gateway_id             = module.inspection.internet_gateway_id
  s3_endpoint_id                  = module.inspection.s3_endpoint_id
  zones                           = module.inspection.zones
  client_cidrs                    = [module.client.cidr]
  bundle                          = module.agent.bundle
  appliance_security_group_id     = module.appliance.security_group_id
  appliance_network_interface_ids = module.appliance.network_interface_ids
}
`;

test("a plain HCL root that calls every module applies, plans again without a change, and destroys", async () => {
  for (const { name } of DEFINITIONS) expect(ROOT).toContain(`"./modules/${name}"`);
  await withModules({}, async (root) => {
    writeFileSync(join(root, "main.tf"), ROOT);
    const { state, changedBySecondPlan, stateAfterDestroy } = await offlineApply(root);
    const children = (state["values"] as Loose).root_module.child_modules as {
      address: string;
      resources: unknown[];
    }[];
    expect(children.map(({ address }) => address)).toEqual(
      expect.arrayContaining(['module.pass_through["blue"]', 'module.pass_through["green"]', "module.bastion"]),
    );
    expect(changedBySecondPlan).toEqual([]);
    expect(stateAfterDestroy["values"]).toBeUndefined();
  });
}, 300_000);

/** The HCL of a module's README. */
const example = (directory: string, name: string): string =>
  /^```hcl\n([\s\S]*?)^```$/m.exec(readFileSync(join(directory, name, "README.md"), "utf8"))?.[1] ?? "";

test("the HCL of all READMEs, in one file beside the modules, is formatted and plans", async () => {
  await withModules({}, async (root) => {
    const modules = join(root, "modules");
    const calls = DEFINITIONS.map(({ name }) => example(modules, name));
    expect(calls.filter((call) => !call.startsWith('module "'))).toEqual([]);
    const main = ['provider "aws" {\n  region = "eu-west-1"\n}\n', ...calls].join("\n");
    const { stdout } = spawnSync("terraform", ["fmt", "-"], { input: main, encoding: "utf8" });
    expect(main).toBe(stdout);
    writeFileSync(join(modules, "main.tf"), main);
    const { plan } = await offlinePlan(modules);
    const planned = new Set(
      (plan["resource_changes"] as { address: string }[]).map(({ address }) => address.split(".")[1]),
    );
    expect([...planned].sort()).toEqual(calls.map((call) => /"([^"]+)"/.exec(call)?.[1]).sort());
  });
}, 120_000);

describe("on disk", () => {
  let root = "";
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "modules-"));
    writeModules(join(root, "modules"), ARCHIVE);
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  test.each(DEFINITIONS.map(({ name }) => name))("%s is a module for anybody's configuration", (name) => {
    const directory = join(root, "modules", name);
    const read = (file: string): string => readFileSync(join(directory, file), "utf8");
    const files = readdirSync(directory);
    const all = files.filter((file) => file.endsWith(".tf.json")).map(read);
    for (const text of all) {
      const document = JSON.parse(text);
      expect(
        Object.keys(document).filter(
          (it) => !["terraform", "locals", "resource", "data", "variable", "output"].includes(it),
        ),
      ).toEqual([]);
      expect(document.terraform?.backend).toBeUndefined();
      expect(text).not.toContain('"//"');
      expect(text).not.toMatch(/TfToken|_[0-9A-F]{8}"/);
    }
    const versions = JSON.parse(read("versions.tf.json")).terraform;
    expect(versions.required_providers.aws.version).toMatch(/^>= .*, < /);
    const page = read("README.md");
    for (const [variable, { type, description }] of Object.entries<Loose>(
      JSON.parse(read("variables.tf.json")).variable,
    )) {
      expect([variable, typeof type, description.length > 10]).toEqual([variable, "string", true]);
      expect(page).toContain(`| \`${variable}\` |`);
    }
    for (const output of Object.keys(JSON.parse(read("outputs.tf.json")).output))
      expect(page).toContain(`| \`${output}\` |`);
    for (const [, used = ""] of all.join("").matchAll(/\$\{path\.module\}\/([\w.-]+)/g)) {
      expect(existsSync(join(directory, used))).toBe(true);
    }
  });
});

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Aspects } from "cdktf";
import { squidBastion } from "../../../appliance-agent/src/rules/presets/squid-bastion";
import { AgentBundle } from "../../../modules/agent-bundle";
import { Appliance } from "../../../modules/appliance";
import { GatewayLoadBalancerService } from "../../../modules/gateway-load-balancer-service";
import { InspectionVpc } from "../../../modules/inspection-vpc";
import { NameTags } from "../../../modules/name-tags";
import { SquidBastion } from "../../../modules/squid-bastion";
import { SAMPLE_SHA256 } from "../../../tools/build-modules/sample/sample";
import { Planned, planned, withModules } from "../../support/planned-modules";
import { Synthesized } from "../../support/synth";

const ZONES = ["eu-west-1a", "eu-west-1b"];
const CLIENTS = ["10.1.0.0/24", "10.7.0.0/20", "192.168.5.0/26"];
const FILES = {
  "/etc/gwlb-agent/hook": readFileSync(join(__dirname, "../../../examples/create-hook/route.sh"), "utf8"),
  "/etc/gwlb-agent/notes.txt": "it's no program: $HOME ${HOME} $${HOME} %{if} 'quoted' \\ \"twice\"\n",
};

/** Bastions for several clients, and appliances with files of their own, as constructs. */
function constructs() {
  const { json } = new Synthesized((stack) => {
    Aspects.of(stack).add(new NameTags());
    const vpc = new InspectionVpc(stack, "inspection", { cidr: "10.2.0.0/24", zones: ZONES });
    const service = new GatewayLoadBalancerService(stack, "service", { vpc });
    const archive = { path: __filename, sha256: SAMPLE_SHA256 };
    const bundle = new AgentBundle(stack, "bundle", { archive, region: "eu-west-1" });
    const bastion = new SquidBastion(stack, "bastion", { vpc, bundle, clientCidrs: CLIENTS });
    const configuration = (zone: string) =>
      squidBastion({
        geneveSources: service.sourceCidrs,
        clientCidrs: CLIENTS,
        bastionAddress: bastion.addressIn(zone),
      });
    const appliance = new Appliance(stack, "appliance", { vpc, service, bundle, configuration, files: FILES });
    bastion.connectAppliances(appliance);
  });
  const { provider: _, terraform: __, ...rest } = json;
  return rest as object;
}

const PARTS = {
  inspection: { source: "./modules/inspection-vpc", zones: ZONES },
  service: {
    source: "./modules/gateway-load-balancer-service",
    vpc_id: "${module.inspection.vpc_id}",
    zones: "${module.inspection.zones}",
  },
  agent: { source: "./modules/agent-bundle" },
  appliance: {
    source: "./modules/appliance",
    vpc_id: "${module.inspection.vpc_id}",
    zones: "${module.inspection.zones}",
    target_group_arn: "${module.service.target_group_arn}",
    bundle: "${module.agent.bundle}",
    configurations: "${module.bastion.appliance_configurations}",
    files: Object.fromEntries(Object.keys(FILES).map((path) => [path, `\${file("./${basename(path)}")}`])),
  },
  bastion: {
    source: "./modules/bastion",
    vpc_id: "${module.inspection.vpc_id}",
    vpc_cidr: "${module.inspection.cidr}",
    internet_gateway_id: "${module.inspection.internet_gateway_id}",
    s3_endpoint_id: "${module.inspection.s3_endpoint_id}",
    zones: "${module.inspection.zones}",
    client_cidrs: CLIENTS,
    bundle: "${module.agent.bundle}",
    appliance_security_group_id: "${module.appliance.security_group_id}",
    appliance_network_interface_ids: "${module.appliance.network_interface_ids}",
  },
};

/** The files, beside a root module. */
const BESIDE = Object.fromEntries(Object.entries(FILES).map(([path, text]) => [basename(path), text]));

/** What a machine runs at its first boot, without the bucket's name, which is made up. */
const bootScript = ({ after }: Planned): string =>
  gunzipSync(Buffer.from(after["user_data_base64"], "base64"))
    .toString()
    .replaceAll(/^readonly \w+_BUCKET=.*$/gm, "");

/** What depends on the clients and the files, in an order of its own. */
function lists(resources: readonly Planned[]) {
  const of = (type: string) => resources.filter((it) => it.type === type);
  const nameOf = ({ after }: Planned): string => String(after["tags"]?.Name).replace(/^[\w-]+\//, "");
  const tables = new Map(of("aws_route_table").map((it) => [it.after["id"], nameOf(it)]));
  const interfaces = new Map(of("aws_instance").map((it) => [it.after["primary_network_interface_id"], nameOf(it)]));
  return {
    scripts: of("aws_instance")
      .map((it) => [nameOf(it), bootScript(it)])
      .sort(),
    stored: of("aws_s3_object")
      .filter(({ after }) => after["content"])
      .map(({ after }) => [after["key"], JSON.parse(after["content"])])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    routes: of("aws_route")
      .filter(({ after }) => after["network_interface_id"])
      .map(({ after }) => [
        tables.get(after["route_table_id"]),
        after["destination_cidr_block"],
        interfaces.get(after["network_interface_id"]),
      ])
      .sort(),
    ingress: of("aws_vpc_security_group_ingress_rule")
      .filter((it) => CLIENTS.includes(it.after["cidr_ipv4"]))
      .map((it) => [nameOf(it), it.after["cidr_ipv4"], it.after["from_port"]])
      .sort(),
  };
}

test("several clients, and files of the appliances' own, mean the same to the parts as to the constructs", async () => {
  const files = {
    ...BESIDE,
    "main.tf.json": JSON.stringify({
      module: { ...PARTS, stack: { source: "./stack" } },
      provider: { aws: { region: "eu-west-1" } },
    }),
    "stack/main.tf.json": JSON.stringify(constructs()),
  };
  const plans = await withModules(files, planned);
  const ofStack = lists(plans.get("stack") ?? []);
  const ofParts = lists(Object.keys(PARTS).flatMap((name) => plans.get(name) ?? []));
  expect([ofStack.scripts.length, ofStack.stored.length]).toEqual([4, 3]);
  expect([ofStack.routes.length, ofStack.ingress.length]).toEqual([ZONES.length * CLIENTS.length, 2 * CLIENTS.length]);
  expect(ofParts).toEqual(ofStack);
}, 120_000);

test("clients and files have addresses that say which they are", async () => {
  const files = {
    ...BESIDE,
    "main.tf.json": JSON.stringify({ module: PARTS, provider: { aws: { region: "eu-west-1" } } }),
  };
  const bastion = (await withModules(files, planned)).get("bastion") ?? [];
  const addresses = bastion.map(({ address }) => address).filter((it) => /client/.test(it));
  expect(addresses).toContain('aws_route.client["eu-west-1b/10.7.0.0/20"]');
  expect(addresses).toContain('aws_vpc_security_group_ingress_rule.http_client["10.7.0.0/20"]');
}, 120_000);

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { validateAgentConfiguration } from "../../appliance-agent/src/rules/agent-configuration";
import { ROUTED_SYSCTLS } from "../../appliance-agent/src/rules/routed-sysctls";
import { AgentBundle } from "../../modules/agent-bundle";
import { Appliance } from "../../modules/appliance";
import { ClientVpc } from "../../modules/client-vpc";
import { EndpointInsertion } from "../../modules/endpoint-insertion";
import { GatewayLoadBalancerService } from "../../modules/gateway-load-balancer-service";
import { InspectionVpc } from "../../modules/inspection-vpc";
import { ensureAgentBundle } from "../../tools/build-agent/ensure-agent-bundle";

const HOOK = "/etc/gwlb-agent/route";

const region = "eu-west-1";
const zones = ["eu-west-1a"];
const app = new App();
const stack = new TerraformStack(app, "create-hook");
new AwsProvider(stack, "aws", { region });
new LocalBackend(stack, { path: "terraform.create-hook.tfstate" });

const client = new ClientVpc(stack, "client", { cidr: "10.1.0.0/24", zones });
const vpc = new InspectionVpc(stack, "inspection", { cidr: "10.2.0.0/24", zones });
const service = new GatewayLoadBalancerService(stack, "service", { vpc });
new EndpointInsertion(stack, "insertion", { vpc: client, serviceName: service.serviceName });
const bundle = new AgentBundle(stack, "bundle", { archive: ensureAgentBundle(), region });
const configuration = validateAgentConfiguration(
  {
    version: 1,
    mode: "routed",
    geneveSources: service.sourceCidrs,
    sysctls: ROUTED_SYSCTLS,
    hooks: { create: HOOK, destroy: HOOK },
  },
  "create-hook",
);
new Appliance(stack, "appliance", {
  vpc,
  service,
  bundle,
  configuration: () => configuration,
  files: { [HOOK]: readFileSync(join(__dirname, "route.sh"), "utf8") },
});
app.synth();

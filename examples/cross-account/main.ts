import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { App, LocalBackend, TerraformOutput, TerraformStack, TerraformVariable } from "cdktf";
import { passThrough } from "../../appliance-agent/src/rules/presets/pass-through";
import { AgentBundle } from "../../modules/agent-bundle";
import { Appliance } from "../../modules/appliance";
import { ClientVpc } from "../../modules/client-vpc";
import { EndpointInsertion } from "../../modules/endpoint-insertion";
import { GatewayLoadBalancerService } from "../../modules/gateway-load-balancer-service";
import { InspectionVpc } from "../../modules/inspection-vpc";
import { ensureAgentBundle } from "../../tools/build-agent/ensure-agent-bundle";

const region = "eu-west-1";
const zones = ["eu-west-1a"];
const app = new App();

/** The security team's account: appliances, and who may connect to them. */
const security = new TerraformStack(app, "cross-account-service");
new AwsProvider(security, "aws", { region });
new LocalBackend(security, { path: "terraform.cross-account-service.tfstate" });
const vpc = new InspectionVpc(security, "inspection", { cidr: "10.2.0.0/24", zones });
const service = new GatewayLoadBalancerService(security, "service", { vpc });
service.grantConnect("workloads", "arn:aws:iam::111122223333:root");
const bundle = new AgentBundle(security, "bundle", { archive: ensureAgentBundle(), region });
const configuration = passThrough({ geneveSources: service.sourceCidrs });
new Appliance(security, "appliance", { vpc, service, bundle, configuration: () => configuration });
new TerraformOutput(security, "service_name", { value: service.serviceName, staticId: true });

/** The workloads' account, 111122223333: a VPC whose traffic is inspected over there. */
const workloads = new TerraformStack(app, "cross-account-workloads");
new AwsProvider(workloads, "aws", { region });
new LocalBackend(workloads, { path: "terraform.cross-account-workloads.tfstate" });
const serviceName = new TerraformVariable(workloads, "service_name", {
  type: "string",
  description: "Output service_name of cross-account-service.",
  default: "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0",
});
const client = new ClientVpc(workloads, "client", { cidr: "10.1.0.0/24", zones });
new EndpointInsertion(workloads, "insertion", { vpc: client, serviceName: serviceName.stringValue });
app.synth();

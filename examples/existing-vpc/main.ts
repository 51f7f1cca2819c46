import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { passThrough } from "../../appliance-agent/src/rules/presets/pass-through";
import { AgentBundle } from "../../modules/agent-bundle";
import { Appliance } from "../../modules/appliance";
import { EndpointInsertion, InspectedVpc } from "../../modules/endpoint-insertion";
import { GatewayLoadBalancerService } from "../../modules/gateway-load-balancer-service";
import { InspectionVpc } from "../../modules/inspection-vpc";
import { ensureAgentBundle } from "../../tools/build-agent/ensure-agent-bundle";

const region = "eu-west-1";

/** What exists: change every value to yours. The workload subnet's route table must have lost its default route. */
const existing: InspectedVpc = {
  vpcId: "vpc-0123456789abcdef0",
  internetGatewayId: "igw-0123456789abcdef0",
  zones: [
    {
      name: "eu-west-1a",
      endpointSubnetId: "subnet-0123456789abcdef0",
      workloads: [{ cidr: "10.1.0.0/28", routeTableId: "rtb-0123456789abcdef0" }],
    },
  ],
};

const app = new App();
const stack = new TerraformStack(app, "existing-vpc");
new AwsProvider(stack, "aws", { region });
new LocalBackend(stack, { path: "terraform.existing-vpc.tfstate" });

const vpc = new InspectionVpc(stack, "inspection", { cidr: "10.2.0.0/24", zones: ["eu-west-1a"] });
const service = new GatewayLoadBalancerService(stack, "service", { vpc });
const bundle = new AgentBundle(stack, "bundle", { archive: ensureAgentBundle(), region });
const configuration = passThrough({ geneveSources: service.sourceCidrs });
new Appliance(stack, "appliance", { vpc, service, bundle, configuration: () => configuration });
new EndpointInsertion(stack, "insertion", { vpc: existing, serviceName: service.serviceName });
app.synth();

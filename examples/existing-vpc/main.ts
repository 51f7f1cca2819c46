import { DataAwsInternetGateway } from "@cdktf/provider-aws/lib/data-aws-internet-gateway";
import { DataAwsRouteTable } from "@cdktf/provider-aws/lib/data-aws-route-table";
import { DataAwsSubnet } from "@cdktf/provider-aws/lib/data-aws-subnet";
import { DataAwsVpc } from "@cdktf/provider-aws/lib/data-aws-vpc";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { passThrough } from "../../appliance-agent/src/rules/presets/pass-through";
import { AgentBundle } from "../../modules/agent-bundle";
import { Appliance } from "../../modules/appliance";
import { EndpointInsertion, InspectedVpc } from "../../modules/endpoint-insertion";
import { GatewayLoadBalancerService } from "../../modules/gateway-load-balancer-service";
import { InspectionVpc } from "../../modules/inspection-vpc";
import { ensureAgentBundle } from "../../tools/build-agent/ensure-agent-bundle";

/** What exists: change these to yours. */
const VPC = "vpc-0123456789abcdef0";
const WORKLOAD_SUBNET = "subnet-0123456789abcdef0";
const ENDPOINT_SUBNET = "subnet-0fedcba9876543210";
const ZONE = "eu-west-1a";
const region = "eu-west-1";

const app = new App();
const stack = new TerraformStack(app, "existing-vpc");
new AwsProvider(stack, "aws", { region });
new LocalBackend(stack, { path: "terraform.existing-vpc.tfstate" });

// Looked up, so that Terraform refuses a wrong id, and a review can walk through what is there.
const client = new DataAwsVpc(stack, "client", { id: VPC });
const gateway = new DataAwsInternetGateway(stack, "internet-gateway", {
  filter: [{ name: "attachment.vpc-id", values: [client.id] }],
});
const workloadSubnet = new DataAwsSubnet(stack, "workload-subnet", { id: WORKLOAD_SUBNET, vpcId: client.id });
const workloadRoutes = new DataAwsRouteTable(stack, "workload-route-table", { subnetId: workloadSubnet.id });
const endpointSubnet = new DataAwsSubnet(stack, "endpoint-subnet", { id: ENDPOINT_SUBNET, vpcId: client.id });
new DataAwsRouteTable(stack, "endpoint-route-table", { subnetId: endpointSubnet.id });
const existing: InspectedVpc = {
  vpcId: client.id,
  internetGatewayId: gateway.internetGatewayId,
  zones: [
    {
      name: ZONE,
      endpointSubnetId: endpointSubnet.id,
      workloads: [{ cidr: workloadSubnet.cidrBlock, routeTableId: workloadRoutes.routeTableId }],
    },
  ],
};

const vpc = new InspectionVpc(stack, "inspection", { cidr: "10.2.0.0/24", zones: [ZONE] });
const service = new GatewayLoadBalancerService(stack, "service", { vpc });
const bundle = new AgentBundle(stack, "bundle", { archive: ensureAgentBundle(), region });
const configuration = passThrough({ geneveSources: service.sourceCidrs });
new Appliance(stack, "appliance", { vpc, service, bundle, configuration: () => configuration });
new EndpointInsertion(stack, "insertion", { vpc: existing, serviceName: service.serviceName });
app.synth();

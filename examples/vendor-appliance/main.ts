import { Instance } from "@cdktf/provider-aws/lib/instance";
import { LbTargetGroupAttachment } from "@cdktf/provider-aws/lib/lb-target-group-attachment";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { ClientVpc } from "../../modules/client-vpc";
import { EndpointInsertion } from "../../modules/endpoint-insertion";
import { GENEVE_PORT, GatewayLoadBalancerService } from "../../modules/gateway-load-balancer-service";
import { InspectionVpc } from "../../modules/inspection-vpc";

/** Any vendor's AMI that takes GENEVE on UDP 6081; change it, and what it answers the health check on, to yours. */
const AMI = "ami-0123456789abcdef0";
const HEALTH_CHECK_PORT = 443;

const zones = ["eu-west-1a"];
const app = new App();
const stack = new TerraformStack(app, "vendor-appliance");
new AwsProvider(stack, "aws", { region: "eu-west-1" });
new LocalBackend(stack, { path: "terraform.vendor-appliance.tfstate" });

const client = new ClientVpc(stack, "client", { cidr: "10.1.0.0/24", zones });
const vpc = new InspectionVpc(stack, "inspection", { cidr: "10.2.0.0/24", zones });
const service = new GatewayLoadBalancerService(stack, "service", {
  vpc,
  // TCP, without a path, for an appliance that answers nothing else; it only proves that something listens.
  healthCheckProtocol: "HTTPS",
  healthCheckPath: "/",
  healthCheckPort: HEALTH_CHECK_PORT,
});
new EndpointInsertion(stack, "insertion", { vpc: client, serviceName: service.serviceName });

const group = new SecurityGroup(stack, "appliance-security-group", { vpcId: vpc.vpcId });
const fromLoadBalancer = { securityGroupId: group.id, cidrIpv4: service.sourceCidrs[0] };
const geneve = { ipProtocol: "udp", fromPort: GENEVE_PORT, toPort: GENEVE_PORT };
const probe = { ipProtocol: "tcp", fromPort: HEALTH_CHECK_PORT, toPort: HEALTH_CHECK_PORT };
new VpcSecurityGroupIngressRule(stack, "geneve-in", { ...fromLoadBalancer, ...geneve });
new VpcSecurityGroupEgressRule(stack, "geneve-out", { ...fromLoadBalancer, ...geneve });
new VpcSecurityGroupIngressRule(stack, "probe", { ...fromLoadBalancer, ...probe });

const appliance = new Instance(stack, "appliance", {
  ami: AMI,
  instanceType: "c5.large",
  subnetId: vpc.zones[0]?.applianceSubnetId,
  vpcSecurityGroupIds: [group.id],
  metadataOptions: { httpTokens: "required" },
  rootBlockDevice: { encrypted: true },
});
new LbTargetGroupAttachment(stack, "target", { targetGroupArn: service.targetGroup.arn, targetId: appliance.id });
app.synth();

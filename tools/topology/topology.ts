import { Resource } from "./resource";

/** What every part of a topology has. */
export interface Part {
  /** AWS's id or ARN; in a plan with unknown ids, the resource's address in angle brackets. */
  readonly id: string;
  /** Terraform's address. */
  readonly address: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A VPC. */
export interface Vpc extends Part {
  /** Primary block first, then its associations. */
  readonly ipv4Cidrs: readonly string[];
  readonly ipv6Cidrs: readonly string[];
  readonly mainRouteTableId?: string;
  readonly defaultNetworkAclId?: string;
  readonly defaultSecurityGroupId?: string;
}

/** A subnet. */
export interface Subnet extends Part {
  readonly vpcId: string;
  /** Availability Zone's name, or its id where only that is given. */
  readonly zone?: string;
  readonly ipv4Cidr?: string;
  readonly ipv6Cidr?: string;
  readonly mapPublicIpOnLaunch: boolean;
  readonly assignIpv6AddressOnCreation: boolean;
}

/** Where a route sends a packet. */
export type RouteTarget =
  | { readonly kind: "local" }
  | { readonly kind: "blackhole" }
  | { readonly kind: "undetermined"; readonly why: string }
  | { readonly kind: RouteTargetKind; readonly id: string };

/** The kinds of route target that have an id. */
export type RouteTargetKind =
  | "internet gateway"
  | "virtual private gateway"
  | "egress-only internet gateway"
  | "carrier gateway"
  | "local gateway"
  | "NAT gateway"
  | "VPC endpoint"
  | "transit gateway"
  | "peering connection"
  | "network interface"
  | "instance"
  | "core network"
  | "gateway endpoint";

/** One route of a route table. */
export interface Route {
  /** CIDR block, or a prefix list's id. Nothing when it cannot be determined. */
  readonly destination?: string;
  readonly target: RouteTarget;
  readonly origin: "local" | "static" | "propagated";
  /** The resource that says so; nothing for the implicit local routes. */
  readonly address?: string;
}

/** A route table. */
export interface RouteTable extends Part {
  readonly vpcId?: string;
  /** Without the implicit local routes. */
  readonly routes: readonly Route[];
  /** Virtual private gateways whose routes are propagated here. */
  readonly propagatingVgws: readonly string[];
}

/** A subnet or a gateway, and the route table that it uses. Either may be undetermined. */
export interface RouteTableAssociation {
  readonly address: string;
  readonly subnetId?: string;
  readonly gatewayId?: string;
  readonly routeTableId?: string;
}

/** An internet gateway, egress-only internet gateway or virtual private gateway. */
export interface Gateway extends Part {
  readonly kind: "internet gateway" | "egress-only internet gateway" | "virtual private gateway" | "carrier gateway";
  readonly vpcId?: string;
}

/** A NAT gateway. */
export interface NatGateway extends Part {
  readonly subnetId: string;
  readonly connectivity: "public" | "private";
  readonly privateIp?: string;
  readonly publicIp?: string;
}

/** A VPC endpoint. */
export interface VpcEndpoint extends Part {
  readonly kind: "Gateway" | "Interface" | "GatewayLoadBalancer" | "other";
  readonly vpcId: string;
  readonly serviceName?: string;
  readonly subnetIds: readonly string[];
  readonly routeTableIds: readonly string[];
  readonly networkInterfaceIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** Why the subnets are not known. */
  readonly undetermined?: string;
}

/** A VPC endpoint service. */
export interface EndpointService extends Part {
  readonly serviceName: string;
  readonly loadBalancerArns: readonly string[];
  readonly acceptanceRequired: boolean;
  readonly supportedIpAddressTypes: readonly string[];
}

/** A load balancer. */
export interface LoadBalancer extends Part {
  readonly arn: string;
  readonly kind: "application" | "network" | "gateway";
  readonly subnetIds: readonly string[];
  readonly crossZone: boolean;
  readonly internal: boolean;
  readonly securityGroupIds: readonly string[];
  readonly accessLogs: boolean;
}

/** A load balancer's health check of its targets. */
export interface HealthCheck {
  readonly enabled: boolean;
  readonly protocol: string;
  /** A port, or `traffic-port`. */
  readonly port: string;
  readonly path?: string;
  readonly intervalSeconds?: number;
}

/** A target group and its registered targets. */
export interface TargetGroup extends Part {
  readonly arn: string;
  readonly protocol?: string;
  readonly port?: number;
  readonly targetType: "instance" | "ip" | "alb" | "lambda";
  readonly vpcId?: string;
  readonly healthCheck?: HealthCheck;
  /** `5-tuple`, or what the target group's stickiness says: `source_ip_dest_ip`... */
  readonly stickiness?: string;
  /** What becomes of flows whose target fails: `no_rebalance` or `rebalance`. */
  readonly failover?: { readonly onDeregistration?: string; readonly onUnhealthy?: string };
  /** `true`, `false` or `use_load_balancer_configuration`. */
  readonly crossZone?: string;
  /** Instance ids or IP addresses. */
  readonly targetIds: readonly string[];
  readonly autoScalingGroups: readonly string[];
  /** Why a target that exists cannot be determined. */
  readonly undeterminedTargets: readonly string[];
}

/** A load balancer's listener. */
export interface Listener extends Part {
  readonly loadBalancerArn?: string;
  readonly targetGroupArns: readonly string[];
  readonly protocol?: string;
  readonly port?: number;
  /** Seconds; only where the listener sets it. */
  readonly tcpIdleTimeoutSeconds?: number;
}

/** An elastic network interface, also those that an instance, NAT gateway or endpoint brings along. */
export interface NetworkInterface extends Part {
  readonly subnetId: string;
  readonly kind: "instance" | "network interface" | "NAT gateway" | "endpoint" | "host";
  /** The instance, NAT gateway or endpoint that it belongs to. */
  readonly ownerId?: string;
  /** Primary address first. */
  readonly privateIps: readonly string[];
  readonly ipv6Addresses: readonly string[];
  /** Whether the first of `privateIps` was chosen here: AWS assigns one at launch. */
  readonly addressAssumed: boolean;
  /** An Elastic IP address or an assigned one; `assigned by AWS` when only the fact is known. */
  readonly publicIp?: string;
  readonly sourceDestCheck: boolean;
  /** Empty: the VPC's default security group. */
  readonly securityGroupIds: readonly string[];
  readonly undeterminedSecurityGroups?: string;
  readonly deviceIndex: number;
}

/** What an instance or a launch template says about the machine. */
export interface Machine {
  readonly instanceType?: string;
  readonly ami?: string;
  /** Decoded text of the user data; unpacked; nothing when it is undetermined. */
  readonly userData?: string;
  readonly iamInstanceProfile?: string;
  /** `required`, `optional`, or nothing when unset. */
  readonly httpTokens?: string;
  readonly metadataEndpoint?: string;
  /** Whether the root volume's encryption is on, off, or left to the account's default. */
  readonly rootVolumeEncrypted?: boolean;
  readonly rootVolumeSizeGib?: number;
  readonly rootVolumeType?: string;
  /** Encryption of further volumes, in order. */
  readonly volumes: readonly { readonly encrypted?: boolean; readonly sizeGib?: number; readonly type?: string }[];
  /** EC2's connection tracking, seconds. */
  readonly tcpEstablishedTimeoutSeconds?: number;
}

/** An EC2 instance. */
export interface Instance extends Part, Machine {
  readonly subnetId?: string;
  readonly networkInterfaceIds: readonly string[];
  readonly launchTemplateId?: string;
  /** Why its subnet is not known. */
  readonly undetermined?: string;
}

/** An EC2 launch template. */
export interface LaunchTemplate extends Part, Machine {
  readonly securityGroupIds: readonly string[];
  readonly associatePublicIp?: boolean;
  readonly name?: string;
}

/** An Auto Scaling group. */
export interface AutoScalingGroup extends Part {
  readonly subnetIds: readonly string[];
  readonly launchTemplateId?: string;
  readonly targetGroupArns: readonly string[];
  readonly desiredCapacity?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** One rule of a security group: a protocol, ports and one source or destination. */
export interface SecurityGroupRule {
  readonly direction: "ingress" | "egress";
  /** Name or number; `-1` is every protocol. */
  readonly protocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  readonly peer:
    | { readonly kind: "cidr"; readonly cidr: string }
    | { readonly kind: "security group"; readonly id: string }
    | { readonly kind: "prefix list"; readonly id: string }
    | { readonly kind: "undetermined"; readonly why: string };
  readonly address: string;
}

/** A security group with its rules from every way of writing them. */
export interface SecurityGroup extends Part {
  readonly name?: string;
  readonly vpcId?: string;
  readonly rules: readonly SecurityGroupRule[];
}

/** One numbered rule of a network ACL. */
export interface NetworkAclRule {
  readonly number: number;
  readonly direction: "ingress" | "egress";
  readonly action: "allow" | "deny";
  readonly protocol: string;
  readonly cidr: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  readonly icmpType?: number;
}

/** A network ACL. */
export interface NetworkAcl extends Part {
  readonly vpcId?: string;
  readonly isDefault: boolean;
  readonly subnetIds: readonly string[];
  /** In the order of their numbers. */
  readonly rules: readonly NetworkAclRule[];
}

/** A VPC peering connection. */
export interface PeeringConnection extends Part {
  readonly requesterVpcId?: string;
  readonly accepterVpcId?: string;
}

/** A customer-managed prefix list. */
export interface PrefixList extends Part {
  readonly cidrs: readonly string[];
}

/** A transit gateway. */
export interface TransitGateway extends Part {
  readonly associationDefaultRouteTableId?: string;
  readonly propagationDefaultRouteTableId?: string;
}

/** A VPC's, VPN's or peering's attachment to a transit gateway. */
export interface TransitGatewayAttachment extends Part {
  readonly kind: "vpc" | "vpn" | "peering" | "connect" | "other";
  readonly transitGatewayId?: string;
  readonly vpcId?: string;
  readonly subnetIds: readonly string[];
  readonly applianceMode: boolean;
}

/** A transit gateway route table. */
export interface TransitGatewayRouteTable extends Part {
  readonly transitGatewayId?: string;
  readonly associatedAttachmentIds: readonly string[];
  readonly propagatingAttachmentIds: readonly string[];
  readonly routes: readonly TransitGatewayRoute[];
  /** Why a route or association of this table cannot be determined. */
  readonly undetermined: readonly string[];
}

/** A static route of a transit gateway route table. */
export interface TransitGatewayRoute {
  readonly destination?: string;
  /** Nothing for a blackhole. */
  readonly attachmentId?: string;
  readonly blackhole: boolean;
  readonly address: string;
}

/** An object that the plan puts into S3, such as the appliance's configuration. */
export interface S3Object extends Part {
  readonly bucket?: string;
  readonly key?: string;
  readonly content?: string;
  /** Local file that is uploaded. */
  readonly source?: string;
}

/** An AWS network as a value. Ids are unique; lists are in the plan's order. */
export interface Topology {
  readonly source: "plan" | "state";
  /** Region's name where the resources say it. */
  readonly region?: string;
  readonly vpcs: readonly Vpc[];
  readonly subnets: readonly Subnet[];
  readonly routeTables: readonly RouteTable[];
  readonly associations: readonly RouteTableAssociation[];
  /** Routes whose table cannot be determined: they may be in any. */
  readonly strayRoutes: readonly Route[];
  readonly gateways: readonly Gateway[];
  readonly natGateways: readonly NatGateway[];
  readonly endpoints: readonly VpcEndpoint[];
  readonly endpointServices: readonly EndpointService[];
  readonly loadBalancers: readonly LoadBalancer[];
  readonly targetGroups: readonly TargetGroup[];
  readonly listeners: readonly Listener[];
  readonly instances: readonly Instance[];
  readonly launchTemplates: readonly LaunchTemplate[];
  readonly autoScalingGroups: readonly AutoScalingGroup[];
  readonly networkInterfaces: readonly NetworkInterface[];
  readonly securityGroups: readonly SecurityGroup[];
  readonly networkAcls: readonly NetworkAcl[];
  readonly peeringConnections: readonly PeeringConnection[];
  readonly prefixLists: readonly PrefixList[];
  readonly transitGateways: readonly TransitGateway[];
  readonly transitGatewayAttachments: readonly TransitGatewayAttachment[];
  readonly transitGatewayRouteTables: readonly TransitGatewayRouteTable[];
  readonly s3Objects: readonly S3Object[];
  /** Every managed resource, also those that are no part of the network. */
  readonly resources: readonly Resource[];
  /** What could not be read, each with its reason. */
  readonly notes: readonly string[];
  /** Those of `notes` that may hide a part of the network: what is not found may be there all the same. */
  readonly hidden: readonly string[];
}

/** The part with this id. */
export function byId<T extends Part>(parts: readonly T[], id: string | undefined): T | undefined {
  return id === undefined ? undefined : parts.find((part) => part.id === id);
}

/** Whether a part comes from a data source: it exists already, and the plan does not say all of it. */
export function isExisting(part: Part): boolean {
  return /(^|\.)data\.aws_/.test(part.address);
}

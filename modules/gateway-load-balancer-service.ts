import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { VpcEndpointService } from "@cdktf/provider-aws/lib/vpc-endpoint-service";
import { VpcEndpointServiceAllowedPrincipal } from "@cdktf/provider-aws/lib/vpc-endpoint-service-allowed-principal";
import { Token } from "cdktf";
import { Construct } from "constructs";
import { DEFAULT_TCP_IDLE_TIMEOUT_SECONDS } from "../appliance-agent/src/rules/presets/appliance-input";
import { requireLoadBalancerLimits } from "./internal/load-balancer-limits";

/** IANA's UDP port of GENEVE, the only one of a GWLB. RFC 8926 §3.3. */
export const GENEVE_PORT = 6081;

/** Attribute values of the target group, by stickiness; 5-tuple is what AWS does when stickiness is off. */
const STICKINESS = {
  "5-tuple": { enabled: false, type: "source_ip_dest_ip_proto" },
  "3-tuple": { enabled: true, type: "source_ip_dest_ip_proto" },
  "2-tuple": { enabled: true, type: "source_ip_dest_ip" },
} as const;

/** One Availability Zone of a {@link LoadBalancerVpc}. */
export interface LoadBalancerZone {
  /** `eu-west-1a`. */
  readonly name: string;
  /** Subnet of the load balancer's interface in this zone. */
  readonly applianceSubnetId: string;
  /** IPv4 CIDR of that subnet. */
  readonly applianceCidr: string;
}

/** Where a load balancer lives; an `InspectionVpc`, or a literal that describes a VPC which exists. */
export interface LoadBalancerVpc {
  readonly vpcId: string;
  readonly zones: readonly LoadBalancerZone[];
}

/** Props for {@link GatewayLoadBalancerService}. */
export interface GatewayLoadBalancerServiceProps {
  /** Where the load balancer lives. */
  readonly vpc: LoadBalancerVpc;
  /**
   * Seconds of silence after which a TCP flow is forgotten, 60 to 6000; other protocols have 120, fixed.
   *
   * Not verified: whether another value than 350 needs a second deployment. The AWS provider 6.25 asks the load balancer's
   * ARN whether its listener has this attribute, and the first plan does not know the ARN yet.
   *
   * @default 350
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/update-idle-timeout.html
   */
  readonly tcpIdleTimeoutSeconds?: number;
  /**
   * Whether packets may go to an appliance of another zone, which costs per gigabyte and couples the zones.
   *
   * @default "within-zone"
   */
  readonly crossZone?: "within-zone" | "all-zones";
  /**
   * What decides which appliance gets a flow; TCP and UDP have 5-tuples, other protocols 3-tuples at most.
   *
   * @default "5-tuple"
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/edit-target-group-attributes.html#flow-stickiness
   */
  readonly stickiness?: keyof typeof STICKINESS;
  /**
   * What happens to the flows of an appliance that is unhealthy or deregistered: they move, or stay and are lost.
   *
   * @default "rebalance"
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/edit-target-group-attributes.html#target-failover
   */
  readonly targetFailover?: "rebalance" | "no_rebalance";
  /**
   * TCP port on which every appliance answers the health check.
   *
   * @default 8080
   */
  readonly healthCheckPort?: number;
  /**
   * What the health check asks for. TCP only proves that something listens: for appliances that answer nothing else.
   *
   * @default "HTTP"
   */
  readonly healthCheckProtocol?: "HTTP" | "HTTPS" | "TCP";
  /**
   * Path of an HTTP or HTTPS health check.
   *
   * @default "/readyz"
   */
  readonly healthCheckPath?: string;
  /**
   * Seconds between two probes of one appliance, 5 to 300.
   *
   * @default 10
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/health-checks.html
   */
  readonly healthCheckIntervalSeconds?: number;
  /**
   * Seconds after which a probe has failed, 2 to 120.
   *
   * @default 5
   */
  readonly healthCheckTimeoutSeconds?: number;
  /**
   * Probes in a row that make an appliance healthy, 2 to 10.
   *
   * @default 2
   */
  readonly healthyThreshold?: number;
  /**
   * Probes in a row that make an appliance unhealthy, 2 to 10.
   *
   * @default 2
   */
  readonly unhealthyThreshold?: number;
  /**
   * Whether AWS refuses to delete the load balancer, and with it a change that would replace it.
   *
   * @default "deletable"
   */
  readonly deletionProtection?: "protected" | "deletable";
}

/**
 * A Gateway Load Balancer, its appliances' target group, and the service that endpoints connect to.
 *
 * A zone can be added in place, and never removed: AWS refuses a change of subnets that leaves one out.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSubnets.html
 */
export class GatewayLoadBalancerService extends Construct {
  /** The load balancer. */
  readonly loadBalancer: Lb;
  /** Where appliances are registered, by instance id. */
  readonly targetGroup: LbTargetGroup;
  /** Forwards every packet to the target group. */
  readonly listener: LbListener;
  /** What endpoints connect to. */
  readonly service: VpcEndpointService;
  /** Name of that service. */
  readonly serviceName: string;
  /** IPv4 CIDRs from which the load balancer sends GENEVE and health checks, in the order of the zones. */
  readonly sourceCidrs: readonly string[];
  /** TCP port of the health check. */
  readonly healthCheckPort: number;
  /** Seconds of silence after which a TCP flow is forgotten. */
  readonly tcpIdleTimeoutSeconds: number;

  constructor(scope: Construct, id: string, props: GatewayLoadBalancerServiceProps) {
    super(scope, id);
    const settings = {
      tcpIdleTimeoutSeconds: props.tcpIdleTimeoutSeconds ?? DEFAULT_TCP_IDLE_TIMEOUT_SECONDS,
      stickiness: props.stickiness ?? "5-tuple",
      healthCheckPort: props.healthCheckPort ?? 8080,
      healthCheckIntervalSeconds: props.healthCheckIntervalSeconds ?? 10,
      healthCheckTimeoutSeconds: props.healthCheckTimeoutSeconds ?? 5,
      healthyThreshold: props.healthyThreshold ?? 2,
      unhealthyThreshold: props.unhealthyThreshold ?? 2,
    };
    requireLoadBalancerLimits(this.node.path, settings);
    const { stickiness } = settings;
    this.tcpIdleTimeoutSeconds = settings.tcpIdleTimeoutSeconds;
    this.healthCheckPort = settings.healthCheckPort;
    const failover = props.targetFailover ?? "rebalance";
    this.sourceCidrs = props.vpc.zones.map(({ applianceCidr }) => applianceCidr);

    this.loadBalancer = new Lb(this, "load-balancer", {
      loadBalancerType: "gateway",
      subnets: props.vpc.zones.map(({ applianceSubnetId }) => applianceSubnetId),
      enableCrossZoneLoadBalancing: props.crossZone === "all-zones",
      enableDeletionProtection: props.deletionProtection === "protected",
    });
    this.targetGroup = new LbTargetGroup(this, "target-group", {
      // A replacement needs another name and has to come first: "ResourceInUse: Target group is currently in use by a listener".
      namePrefix: "gwlb-",
      lifecycle: { createBeforeDestroy: true },
      vpcId: props.vpc.vpcId,
      protocol: "GENEVE",
      port: GENEVE_PORT,
      // An instance that is replaced never inherits its predecessor's flows, as an address would.
      targetType: "instance",
      healthCheck: {
        enabled: true,
        protocol: props.healthCheckProtocol ?? "HTTP",
        port: String(this.healthCheckPort),
        ...(props.healthCheckProtocol === "TCP"
          ? {}
          : {
              path: props.healthCheckPath ?? "/readyz",
              // The only value that AWS accepts for GENEVE. https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html
              matcher: "200-399",
            }),
        interval: settings.healthCheckIntervalSeconds,
        timeout: settings.healthCheckTimeoutSeconds,
        healthyThreshold: settings.healthyThreshold,
        unhealthyThreshold: settings.unhealthyThreshold,
      },
      stickiness: STICKINESS[stickiness],
      // AWS refuses two different values.
      targetFailover: [{ onDeregistration: failover, onUnhealthy: failover }],
    });
    this.listener = new LbListener(this, "listener", {
      loadBalancerArn: this.loadBalancer.arn,
      defaultAction: [{ type: "forward", targetGroupArn: this.targetGroup.arn }],
      tcpIdleTimeoutSeconds: stickiness === "5-tuple" ? this.tcpIdleTimeoutSeconds : undefined,
    });
    this.service = new VpcEndpointService(this, "service", {
      acceptanceRequired: false,
      gatewayLoadBalancerArns: [this.loadBalancer.arn],
      // Endpoints carry traffic from their first second; before the listener exists it would be dropped.
      dependsOn: [this.listener],
    });
    this.serviceName = this.service.serviceName;
  }

  /**
   * Lets another account connect endpoints to the service; without it only this account can.
   *
   * @param id unique in this construct
   * @param principalArn account, role or user: `arn:aws:iam::111122223333:root`
   * @throws Error when `principalArn` is not the ARN of one, so that nobody opens the service to everyone by mistake
   * @see https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html#add-remove-permissions
   */
  grantConnect(id: string, principalArn: string): void {
    if (!Token.isUnresolved(principalArn) && !/^arn:[\w-]+:iam::\d{12}:(root|(role|user)\/.+)$/.test(principalArn)) {
      throw new Error(
        `${this.node.path}: principalArn must name an account, a role or a user, got '${principalArn}'; ` +
          "write arn:aws:iam::111122223333:root",
      );
    }
    new VpcEndpointServiceAllowedPrincipal(this, id, { vpcEndpointServiceId: this.service.id, principalArn });
  }
}

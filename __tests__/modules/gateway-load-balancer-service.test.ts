import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { VpcEndpointService } from "@cdktf/provider-aws/lib/vpc-endpoint-service";
import {
  GatewayLoadBalancerService,
  GatewayLoadBalancerServiceProps,
} from "../../modules/gateway-load-balancer-service";
import { Synthesized, allDependencies, referred } from "../support/synth";

const zone = (letter: string) => ({
  name: `eu-west-1${letter}`,
  applianceSubnetId: `subnet-0${letter}`,
  applianceCidr: "10.2.0.0/28",
});
const synthesize = (props: Partial<GatewayLoadBalancerServiceProps> = {}, zones = [zone("a")]) =>
  new Synthesized(
    (scope) => new GatewayLoadBalancerService(scope, "service", { vpc: { vpcId: "vpc-0a", zones }, ...props }),
  );

test("packets arrive as GENEVE on UDP port 6081 at instances", () => {
  expect(synthesize().only(LbTargetGroup).attributes).toMatchObject({
    protocol: "GENEVE",
    port: 6081,
    target_type: "instance",
    vpc_id: "vpc-0a",
  });
});

test("an appliance is healthy when it answers /readyz, and every field of the question is set", () => {
  expect(synthesize().only(LbTargetGroup).attributes["health_check"]).toEqual({
    enabled: true,
    protocol: "HTTP",
    port: "8080",
    path: "/readyz",
    matcher: "200-399",
    interval: 10,
    timeout: 5,
    healthy_threshold: 2,
    unhealthy_threshold: 2,
  });
  const stack = synthesize({
    healthCheckPort: 9000,
    healthCheckIntervalSeconds: 30,
    healthCheckTimeoutSeconds: 20,
    healthyThreshold: 3,
    unhealthyThreshold: 4,
  });
  expect(stack.only(LbTargetGroup).attributes["health_check"]).toMatchObject({
    port: "9000",
    interval: 30,
    timeout: 20,
    healthy_threshold: 3,
    unhealthy_threshold: 4,
  });
});

test.each([
  ["5-tuple", { enabled: false, type: "source_ip_dest_ip_proto" }],
  ["3-tuple", { enabled: true, type: "source_ip_dest_ip_proto" }],
  ["2-tuple", { enabled: true, type: "source_ip_dest_ip" }],
] as const)("stickiness %s", (stickiness, attributes) => {
  expect(synthesize({ stickiness }).only(LbTargetGroup).attributes["stickiness"]).toEqual(attributes);
});

test.each(["rebalance", "no_rebalance"] as const)(
  "flows of a failed appliance: %s, in both cases alike",
  (targetFailover) => {
    expect(synthesize({ targetFailover }).only(LbTargetGroup).attributes["target_failover"]).toEqual([
      { on_deregistration: targetFailover, on_unhealthy: targetFailover },
    ]);
  },
);

test("flows of a failed appliance move by default", () => {
  expect(synthesize().only(LbTargetGroup).attributes["target_failover"]).toEqual([
    { on_deregistration: "rebalance", on_unhealthy: "rebalance" },
  ]);
});

test("packets stay in their zone unless asked for", () => {
  expect(synthesize().only(Lb).attributes["enable_cross_zone_load_balancing"]).toBe(false);
  expect(synthesize({ crossZone: "all-zones" }).only(Lb).attributes["enable_cross_zone_load_balancing"]).toBe(true);
});

test("the load balancer can be deleted unless asked for", () => {
  expect(synthesize().only(Lb).attributes["enable_deletion_protection"]).toBe(false);
  expect(synthesize({ deletionProtection: "protected" }).only(Lb).attributes["enable_deletion_protection"]).toBe(true);
});

test("the listener's idle timeout is set with 5-tuples, and left to AWS without", () => {
  expect(synthesize().only(LbListener).attributes["tcp_idle_timeout_seconds"]).toBe(350);
  expect(synthesize({ tcpIdleTimeoutSeconds: 3600 }).only(LbListener).attributes["tcp_idle_timeout_seconds"]).toBe(
    3600,
  );
  expect(synthesize({ stickiness: "2-tuple" }).only(LbListener).attributes).not.toHaveProperty(
    "tcp_idle_timeout_seconds",
  );
});

test("the listener has neither port nor protocol, which AWS refuses for a GWLB", () => {
  const { attributes } = synthesize().only(LbListener);
  expect(attributes).not.toHaveProperty("port");
  expect(attributes).not.toHaveProperty("protocol");
  expect(attributes["default_action"]).toHaveLength(1);
});

test("service, listener, load balancer: made in the other order, destroyed in this one", () => {
  const stack = synthesize();
  const before = allDependencies(stack, stack.only(VpcEndpointService));
  expect(before).toContain(stack.only(LbListener).ref);
  expect(allDependencies(stack, stack.only(LbListener))).toContain(stack.only(Lb).ref);
  expect(allDependencies(stack, stack.only(LbListener))).toContain(stack.only(LbTargetGroup).ref);
});

test("a target group's successor has another name and comes first", () => {
  const { attributes } = synthesize().only(LbTargetGroup);
  expect(attributes).toMatchObject({ name_prefix: "gwlb-", lifecycle: { create_before_destroy: true } });
  // AWS appends 26 characters to a prefix; a name has 32 at most.
  expect(String(attributes["name_prefix"]).length).toBeLessThanOrEqual(6);
});

test("a zone that is added changes the load balancer's subnets and nothing else of it", () => {
  const one = synthesize().only(Lb);
  const two = synthesize({}, [zone("a"), zone("b")]).only(Lb);
  expect(two.ref).toBe(one.ref);
  expect(two.attributes["subnets"]).toEqual(["subnet-0a", "subnet-0b"]);
  expect({ ...two.attributes, subnets: one.attributes["subnets"] }).toEqual(one.attributes);
});

test("endpoints of the account connect without being accepted one by one", () => {
  const stack = synthesize();
  const { attributes } = stack.only(VpcEndpointService);
  expect(attributes["acceptance_required"]).toBe(false);
  expect(attributes).not.toHaveProperty("allowed_principals");
  expect((attributes["gateway_load_balancer_arns"] as string[]).map(referred)).toEqual([stack.only(Lb).ref]);
});

test.each([
  [
    { tcpIdleTimeoutSeconds: 30 },
    "tcpIdleTimeoutSeconds must be a whole number from 60 to 6000, got 30; choose one in that range",
  ],
  [{ healthCheckPort: 0 }, "healthCheckPort must be a whole number from 1 to 65535, got 0; choose one in that range"],
  [
    { healthCheckIntervalSeconds: 5.5 },
    "healthCheckIntervalSeconds must be a whole number from 5 to 300, got 5.5; choose one in that range",
  ],
  [
    { healthCheckTimeoutSeconds: 121 },
    "healthCheckTimeoutSeconds must be a whole number from 2 to 120, got 121; choose one in that range",
  ],
  [{ healthyThreshold: 1 }, "healthyThreshold must be a whole number from 2 to 10, got 1; choose one in that range"],
  [
    { unhealthyThreshold: 11 },
    "unhealthyThreshold must be a whole number from 2 to 10, got 11; choose one in that range",
  ],
  [
    { healthCheckTimeoutSeconds: 20 },
    "healthCheckTimeoutSeconds must not exceed healthCheckIntervalSeconds, got 20 and 10; " +
      "lower the timeout or raise the interval",
  ],
  [
    { stickiness: "3-tuple", tcpIdleTimeoutSeconds: 400 } as const,
    "tcpIdleTimeoutSeconds can be set with stickiness 5-tuple only, got 400 with 3-tuple; " +
      "use 5-tuple, or leave tcpIdleTimeoutSeconds at 350",
  ],
])("fails with %j", (props, message) => {
  expect(() => synthesize(props)).toThrow(new Error(`test/service: ${message}`));
});

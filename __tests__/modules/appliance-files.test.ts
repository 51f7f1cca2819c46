import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { GatewayLoadBalancerService } from "../../modules/gateway-load-balancer-service";
import { applianceUserData } from "../../modules/internal/user-data/appliance-user-data";
import { Synthesized } from "../support/synth";

const bundle = { program: { bucket: "b", key: "k" }, sha256: "ab".repeat(32), region: "eu-west-1" };
const script = (files?: Record<string, string>) =>
  applianceUserData({ bundle, configuration: bundle.program, mode: "routed", files });

test("files are put on an appliance before the agent starts, scripts as executables", () => {
  expect(script()).not.toContain("/etc/gwlb-agent/hook");
  const lines = script({ "/etc/gwlb-agent/hook": "#!/bin/sh\necho 'it'\n", "/etc/gwlb-agent/note": "text" }).split(
    "\n",
  );
  const put = lines.slice(lines.indexOf("put_files() {"), lines.indexOf("}"));
  expect(put).toEqual([
    "put_files() {",
    "  :",
    "  printf %s '#!/bin/sh",
    "echo '\\''it'\\''",
    "' | put '/etc/gwlb-agent/hook'",
    "  chmod 0755 '/etc/gwlb-agent/hook'",
    "  printf %s 'text' | put '/etc/gwlb-agent/note'",
  ]);
});

test.each([
  [{}, { protocol: "HTTP", path: "/readyz", matcher: "200-399" }],
  [
    { healthCheckProtocol: "HTTPS", healthCheckPath: "/php/login.php" },
    { protocol: "HTTPS", path: "/php/login.php" },
  ],
] as const)("a health check with %j asks for %j", (props, wanted) => {
  expect(healthCheck(props)).toMatchObject(wanted);
});

test("a TCP health check asks for no path and no status", () => {
  const { path, matcher, ...asked } = healthCheck({ healthCheckProtocol: "TCP", healthCheckPort: 443 });
  expect([path, matcher]).toEqual([undefined, undefined]);
  expect(asked).toMatchObject({ protocol: "TCP", port: "443", enabled: true });
});

function healthCheck(props: object): Record<string, unknown> {
  const zones = [{ name: "eu-west-1a", applianceSubnetId: "subnet-0a", applianceCidr: "10.2.0.0/28" }];
  const stack = new Synthesized(
    (scope) => new GatewayLoadBalancerService(scope, "service", { vpc: { vpcId: "vpc-0a", zones }, ...props }),
  );
  return stack.only(LbTargetGroup).attributes["health_check"] as Record<string, unknown>;
}

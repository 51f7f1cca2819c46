import { VpcEndpointService } from "@cdktf/provider-aws/lib/vpc-endpoint-service";
import { VpcEndpointServiceAllowedPrincipal } from "@cdktf/provider-aws/lib/vpc-endpoint-service-allowed-principal";
import { GatewayLoadBalancerService } from "../../modules/gateway-load-balancer-service";
import { Synthesized, referred } from "../support/synth";

const zones = [{ name: "eu-west-1a", applianceSubnetId: "subnet-0a", applianceCidr: "10.2.0.0/28" }];
const granting = (...principals: string[]) =>
  new Synthesized((scope) => {
    const service = new GatewayLoadBalancerService(scope, "service", { vpc: { vpcId: "vpc-0a", zones } });
    principals.forEach((principal, index) => {
      service.grantConnect(`principal-${String(index)}`, principal);
    });
  });

test("another account may connect endpoints when it is granted, and no other", () => {
  expect(granting().all(VpcEndpointServiceAllowedPrincipal)).toEqual([]);
  const stack = granting("arn:aws:iam::111122223333:root", "arn:aws-us-gov:iam::444455556666:role/network");
  const granted = stack.all(VpcEndpointServiceAllowedPrincipal).map(({ attributes }) => attributes);
  expect(granted.map((it) => it["principal_arn"])).toEqual([
    "arn:aws:iam::111122223333:root",
    "arn:aws-us-gov:iam::444455556666:role/network",
  ]);
  granted.forEach((it) => {
    expect(referred(it["vpc_endpoint_service_id"])).toBe(stack.only(VpcEndpointService).ref);
  });
});

test.each(["*", "111122223333", "arn:aws:iam::1111:root", "arn:aws:s3:::bucket"])(
  "fails to grant %s, which is no account, role or user",
  (principal) => {
    expect(() => granting(principal)).toThrow(
      new Error(
        `test/service: principalArn must name an account, a role or a user, got '${principal}'; ` +
          "write arn:aws:iam::111122223333:root",
      ),
    );
  },
);

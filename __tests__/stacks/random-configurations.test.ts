import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint";
import fc from "fast-check";
import { ipv4CidrsOverlap, parseIpv4Cidr } from "../../modules/internal/cidr";
import { nextHop, subnetOf } from "../support/route-walk";
import { SCENARIO_NAMES, synthesizeScenario } from "../support/scenarios";
import { referred } from "../support/synth";

/** A VPC of any size that has room for zones a to d, and subnets of any size that fit into it. */
const vpc = (firstOctet: number) =>
  fc
    .record({
      prefixLength: fc.integer({ min: 16, max: 24 }),
      bits: fc.integer({ min: 3, max: 8 }),
      octet: fc.nat(255),
    })
    .map(({ prefixLength, bits, octet }) => ({
      cidr: `${String(firstOctet)}.${String(octet)}.0.0/${String(prefixLength)}`,
      subnetPrefixLength: Math.min(prefixLength + bits, 28),
    }));

const configuration = fc.record({
  zones: fc.shuffledSubarray(["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"], { minLength: 1 }),
  region: fc.constant("us-east-1"),
  clientVpc: vpc(10),
  inspectionVpc: vpc(100),
});

test("in any valid configuration subnets lie apart, have a route table, and packets meet one endpoint both ways", () => {
  fc.assert(
    fc.property(fc.constantFrom(...SCENARIO_NAMES), configuration, (scenario, chosen) => {
      // JSON is YAML.
      const stack = synthesizeScenario(scenario, JSON.stringify(chosen));
      const subnets = stack.all(Subnet);
      const networks = subnets.map(({ attributes }) => parseIpv4Cidr("subnet", attributes["cidr_block"] as string));
      for (const network of networks) {
        expect(networks.filter((other) => ipv4CidrsOverlap(network, other))).toEqual([network]);
      }
      const associated = stack.all(RouteTableAssociation).map(({ attributes }) => referred(attributes["subnet_id"]));
      for (const { ref } of subnets) expect(associated.filter((other) => other === ref)).toHaveLength(1);

      const gateway = stack.at(InternetGateway, "client/internet-gateway").ref;
      for (const zone of chosen.zones) {
        const endpoint = stack.at(VpcEndpoint, `insertion/${zone}/endpoint`);
        const workload = stack.at(Subnet, `client/${zone}/workload-subnet`);
        expect(subnetOf(stack, endpoint).attributes["availability_zone"]).toBe(zone);
        expect(workload.attributes["availability_zone"]).toBe(zone);
        expect(nextHop(stack, workload.ref, "192.0.2.1")).toBe(endpoint.ref);
        expect(nextHop(stack, gateway, workload.attributes["cidr_block"] as string)).toBe(endpoint.ref);
      }
    }),
    { numRuns: 40 },
  );
});

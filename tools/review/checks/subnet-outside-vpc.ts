import { covers, parsePrefix } from "../../topology/prefix";
import { byId } from "../../topology/topology";
import { Check } from "../check";

/** A subnet lies in its VPC. */
export const subnetOutsideVpc: Check = {
  id: "subnet-outside-vpc",
  severity: "error",
  title: "A subnet lies outside its VPC",
  why: "AWS refuses it (InvalidSubnet.Range) after half of the plan has been applied.",
  fix: "Take the subnet's block out of one of the VPC's CIDR blocks, or associate another block with the VPC.",
  source: "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
  find: ({ topology }) =>
    topology.subnets.flatMap((subnet) => {
      const vpc = byId(topology.vpcs, subnet.vpcId);
      return [subnet.ipv4Cidr, subnet.ipv6Cidr].flatMap((cidr) => {
        const prefix = parsePrefix(cidr ?? "");
        const blocks = (prefix?.family === "ipv4" ? vpc?.ipv4Cidrs : vpc?.ipv6Cidrs) ?? [];
        const isInside = blocks.some((block) => {
          const outer = parsePrefix(block);
          return outer && prefix && covers(outer, prefix);
        });
        if (!prefix || blocks.length === 0 || isInside) return [];
        return [
          { address: subnet.address, what: `${cidr ?? ""} is not in ${vpc?.address ?? ""} (${blocks.join(", ")})` },
        ];
      });
    }),
};

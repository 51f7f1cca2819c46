import { overlaps, parsePrefix } from "../../topology/prefix";
import { Check } from "../check";

/** Subnets of a VPC share no address. */
export const subnetsOverlap: Check = {
  id: "subnets-overlap",
  severity: "error",
  title: "Two subnets overlap",
  why: "AWS refuses the second one (InvalidSubnet.Conflict) after half of the plan has been applied.",
  fix: "Give each subnet a block of its own.",
  source: "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
  find: ({ topology }) =>
    topology.subnets.flatMap((subnet, i) =>
      topology.subnets.slice(i + 1).flatMap((other) => {
        if (other.vpcId !== subnet.vpcId || subnet.vpcId === "") return [];
        const one = parsePrefix(subnet.ipv4Cidr ?? "");
        const two = parsePrefix(other.ipv4Cidr ?? "");
        return one && two && overlaps(one, two)
          ? [
              {
                address: other.address,
                what: `${other.ipv4Cidr ?? ""} overlaps ${subnet.address} (${subnet.ipv4Cidr ?? ""})`,
              },
            ]
          : [];
      }),
    ),
};

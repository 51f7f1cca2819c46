import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { Aspects, TerraformStack } from "cdktf";
import { NameTags } from "../modules/name-tags";
import { Configuration } from "./configuration";

/** Gives a stack its AWS provider, and every resource of it its tags. */
export function addProvider(stack: TerraformStack, { region, tags }: Configuration): void {
  new AwsProvider(stack, "aws", {
    region,
    defaultTags: [
      { tags: { Project: "gwlb-appliance-suite", Scenario: stack.node.id, ManagedBy: "terraform", ...tags } },
    ],
  });
  Aspects.of(stack).add(new NameTags());
}

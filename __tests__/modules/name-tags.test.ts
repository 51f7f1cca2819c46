import { DataAwsAmi } from "@cdktf/provider-aws/lib/data-aws-ami";
import { Route } from "@cdktf/provider-aws/lib/route";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { Aspects } from "cdktf";
import { NameTags } from "../../modules/name-tags";
import { Synthesized } from "../support/synth";

const stack = new Synthesized((scope) => {
  new Vpc(scope, "plain", { cidrBlock: "10.1.0.0/24" });
  new Vpc(scope, "named", { cidrBlock: "10.2.0.0/24", tags: { Name: "mine", Owner: "me" } });
  new Route(scope, "route", { routeTableId: "rtb-01", destinationCidrBlock: "0.0.0.0/0" });
  new DataAwsAmi(scope, "image", {});
  Aspects.of(scope).add(new NameTags());
});

test("a resource without a name gets its path as one", () => {
  expect(stack.at(Vpc, "plain").attributes["tags"]).toEqual({ Name: "test/plain" });
});

test("a name that was given stays, and so do other tags", () => {
  expect(stack.at(Vpc, "named").attributes["tags"]).toEqual({ Name: "mine", Owner: "me" });
});

test("what has no tags gets none, and a data source, whose tags are a question, neither", () => {
  expect(stack.only(Route).attributes).not.toHaveProperty("tags");
  expect(stack.dataSources[0]?.attributes).not.toHaveProperty("tags");
});

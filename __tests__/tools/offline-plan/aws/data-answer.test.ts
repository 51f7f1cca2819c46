import { AwsWorld } from "../../../../tools/offline-plan/aws/aws-world";
import { dataAnswer } from "../../../../tools/offline-plan/aws/data-sources/data-answer";
import { zoneId } from "../../../../tools/offline-plan/aws/predictions/networking";
import type { CtyObject } from "../../../../tools/offline-plan/protocol/cty-value";

const nothingSaid = { answer: () => undefined };

function ask(type: string, config: CtyObject, world = new AwsWorld()) {
  return dataAnswer({ type, config, region: "eu-west-1", world, settings: {} }, nothingSaid);
}

const world = () => {
  const made = new AwsWorld();
  const subnet = (id: string, tier: string) =>
    made.remember("aws_subnet", {
      id,
      vpc_id: "vpc-1",
      cidr_block: "10.0.0.0/28",
      availability_zone: "eu-west-1b",
      tags_all: { Tier: tier },
    });
  subnet("subnet-a", "public");
  subnet("subnet-b", "private");
  made.remember("aws_vpc_endpoint", { id: "vpce-1", network_interface_ids: ["eni-1"], subnet_ids: ["subnet-a"] });
  made.remember("aws_vpc_endpoint_service", {
    id: "vpce-svc-1",
    service_name: "com.amazonaws.vpce.eu-west-1.vpce-svc-1",
    service_type: "GatewayLoadBalancer",
  });
  return made;
};

test("a lookup finds what the configuration creates, by argument, tag and filter", () => {
  expect(ask("aws_subnets", { filter: [{ name: "vpc-id", values: ["vpc-1"] }] }, world()).values["ids"]).toEqual([
    "subnet-a",
    "subnet-b",
  ]);
  expect(ask("aws_subnets", { filter: [{ name: "tag:Tier", values: ["pub*"] }] }, world()).values["ids"]).toEqual([
    "subnet-a",
  ]);
  expect(ask("aws_subnet", { tags: { Tier: "private" } }, world()).values["id"]).toBe("subnet-b");
});

test("the interface of an endpoint is in the endpoint's subnet", () => {
  const { values } = ask("aws_network_interface", { id: "eni-1" }, world());
  expect(values).toMatchObject({ subnet_id: "subnet-a", availability_zone: "eu-west-1b", vpc_id: "vpc-1" });
  expect(values["private_ip"]).toMatch(/^10\.0\.0\.([4-9]|1[0-4])$/);
});

test("an endpoint service is the one that is created, or AWS's own", () => {
  const name = "com.amazonaws.vpce.eu-west-1.vpce-svc-1";
  expect(ask("aws_vpc_endpoint_service", { service_name: name }, world()).values["service_type"]).toBe(
    "GatewayLoadBalancer",
  );
  expect(ask("aws_vpc_endpoint_service", { service: "s3" }).values).toMatchObject({
    service_name: "com.amazonaws.eu-west-1.s3",
    service_type: "Gateway",
  });
});

test("another question gets another image, the same one the same", () => {
  const image = (architecture: string) =>
    ask("aws_ami", { filter: [{ name: "architecture", values: [architecture] }] }).values;
  expect(image("arm64")).toEqual(image("arm64"));
  expect(image("arm64")["id"]).not.toBe(image("x86_64")["id"]);
  expect([image("arm64")["architecture"], image("x86_64")["architecture"]]).toEqual(["arm64", "x86_64"]);
});

test("what follows from the configuration alone is derived, the rest is assumed", () => {
  expect(ask("aws_partition", {}).derived).toBe(true);
  expect(ask("aws_region", {}).values).toMatchObject({ name: "eu-west-1", region: "eu-west-1" });
  expect(ask("aws_caller_identity", {}).derived).toBeUndefined();
});

test("a data source without a likely answer is said", () => {
  expect(ask("aws_outposts_outpost", {}).diagnostics?.[0]).toMatchObject({
    severity: "WARNING",
    detail:
      "What aws_outposts_outpost would find is not known offline: its attributes are empty or made up. Say what it finds in a file and pass it with --assume.",
  });
});

test.each([
  ["eu-west-1a", "euw1-az1"],
  ["us-east-1c", "use1-az3"],
  ["ap-southeast-2b", "apse2-az2"],
])("zone %s has the id %s", (zone, id) => {
  expect(zoneId(zone)).toBe(id);
});

test("addresses of a subnet are given out once each, AWS's five never", () => {
  const made = new AwsWorld();
  const subnet = { id: "subnet-a", cidr_block: "10.0.0.16/28" };
  const given = Array.from({ length: 11 }, (_none, at) => made.privateAddress(subnet, `00000${at.toString(16)}ff`));
  expect(new Set(given).size).toBe(11);
  const hosts = given.map((it) => Number(it.split(".")[3]));
  expect([Math.min(...hosts), Math.max(...hosts)]).toEqual([20, 30]);
});

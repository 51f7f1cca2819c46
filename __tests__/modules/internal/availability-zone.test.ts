import { partitionOf, regionOf, requireZones } from "../../../modules/internal/availability-zone";

test.each([
  ["eu-west-1a", "eu-west-1"],
  ["us-gov-east-1b", "us-gov-east-1"],
  ["ap-southeast-2c", "ap-southeast-2"],
])("zone %s is in region %s", (zone, region) => {
  expect(regionOf("client", zone)).toBe(region);
});

test.each([
  ["eu-west-1", "aws"],
  ["cn-north-1", "aws-cn"],
  ["us-gov-west-1", "aws-us-gov"],
])("region %s is in partition %s", (region, partition) => {
  expect(partitionOf(region)).toBe(partition);
});

test("zones of one region are accepted, and the region told", () => {
  expect(requireZones("client", ["eu-west-1b", "eu-west-1a"])).toBe("eu-west-1");
});

test.each([
  ["no zone", [], "client: zones must name at least one Availability Zone, got []; add one, eu-west-1a"],
  ["a zone twice", ["eu-west-1a", "eu-west-1a"], "client: zones must differ, got 'eu-west-1a' twice; remove one"],
  [
    "a foreign zone",
    ["eu-west-1a", "us-east-1a"],
    "client: zones must be of one region, got 'us-east-1a' beside 'eu-west-1a'; keep those of eu-west-1",
  ],
  [
    "a Local Zone",
    ["us-east-1-bos-1a"],
    "client: zones must be names of Availability Zones, got 'us-east-1-bos-1a'; write a region and a letter, eu-west-1a",
  ],
])("fails with %s", (_, zones, message) => {
  expect(() => requireZones("client", zones)).toThrow(new Error(message));
});

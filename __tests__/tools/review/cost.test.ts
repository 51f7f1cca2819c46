import { costOf } from "../../../tools/review/cost/cost-of";
import { parsePrices, PRICES } from "../../../tools/review/cost/prices";
import { plannedTopology } from "./planned";

test("what is billed by the hour is added up, and what has no price is said", async () => {
  const cost = costOf(await plannedTopology("article"), PRICES);
  const lines = cost.lines.map(
    ({ address, what, perHour }) => `${address} ${what} ${perHour?.toFixed(4) ?? "unknown"}`,
  );
  expect(lines.sort()).toEqual([
    "aws_instance.appliance 8 GiB gp3 0.0010",
    "aws_instance.appliance c6in.large unknown",
    "aws_instance.appliance public IPv4 address 0.0050",
    "aws_instance.client 8 GiB gp3 0.0010",
    "aws_instance.client public IPv4 address 0.0050",
    "aws_instance.client t3.micro 0.0114",
    "aws_lb.inspection gateway load balancer 0.0140",
    "aws_vpc_endpoint.inspection GatewayLoadBalancer endpoint, one zone 0.0110",
  ]);
  expect(cost.unknown).toBe(1);
  expect(cost.perHour).toBeCloseTo(0.014 + 0.011 + 2 * 0.005 + 0.0114 + (2 * 8 * 0.088) / 730, 9);
});

test("a price file is laid over the table", async () => {
  const own = {
    currency: "USD",
    asOf: "2026-11-22",
    source: "our contract",
    regions: { "eu-west-1": { instanceHour: { "c6in.large": 0.1 } } },
  };
  const prices = parsePrices(JSON.stringify(own), "prices.json");
  const cost = costOf(await plannedTopology("article"), prices);
  expect([cost.unknown, cost.asOf, cost.source]).toEqual([0, "2026-11-22", "our contract"]);
});

test.each([
  ["x", 'prices.json: not JSON, got "x"; copy tools/review/cost/prices.json and change it'],
  ['{"currency":"USD","asOf":"yesterday","source":"s","regions":{}}', "prices.json: asOf: Invalid ISO date"],
  [
    '{"currency":"USD","asOf":"2026-01-01","source":"s","regions":{"eu-west-1":{"natGatewayHour":-1}}}',
    "prices.json: regions.eu-west-1.natGatewayHour: Too small",
  ],
])("fails for the price file %s", (text, message) => {
  expect(() => parsePrices(text, "prices.json")).toThrow(message);
});

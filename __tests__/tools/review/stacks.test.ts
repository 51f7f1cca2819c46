import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { offlinePlan } from "../../../tools/offline-plan/offline-plan";
import { PRICES } from "../../../tools/review/cost/prices";
import { Review, review } from "../../../tools/review/review";
import { readTopology } from "../../../tools/topology/read-topology";
import { SCENARIO_NAMES, Scenario, synthesizeScenario } from "../../support/scenarios";

/** DESIGN.md's way out and back. */
const OUT = [
  "host",
  "VPC router",
  "GWLB endpoint",
  "Gateway Load Balancer",
  "appliance",
  "Gateway Load Balancer",
  "GWLB endpoint",
  "VPC router",
  "internet gateway",
  "internet",
];
const BACK = [
  "internet",
  "internet gateway",
  "VPC router",
  "GWLB endpoint",
  "Gateway Load Balancer",
  "appliance",
  "Gateway Load Balancer",
  "GWLB endpoint",
  "VPC router",
  "host",
];
const ZONES = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];

// As in planned.ts.
jest.setTimeout(120_000);

async function reviewed(scenario: Scenario, zones: readonly string[]): Promise<Review> {
  const directory = mkdtempSync(join(tmpdir(), "stack-"));
  try {
    const { json } = synthesizeScenario(scenario, `zones: [${zones.join(", ")}]`);
    writeFileSync(join(directory, "cdk.tf.json"), JSON.stringify(json));
    const { plan } = await offlinePlan(directory);
    return review(readTopology(plan), { name: scenario, prices: PRICES });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe.each(SCENARIO_NAMES)("%s", (scenario) => {
  test.each([1, 2, 3])(
    "in %d zones: each zone's client is inspected in its own zone, both ways, with no finding",
    async (count) => {
      const zones = ZONES.slice(0, count);
      const { walks, findings } = await reviewed(scenario, zones);
      expect(findings.map(({ check, what }) => `${check}: ${what}`)).toEqual([]);
      const outbound = walks.filter((walk) => walk.title.endsWith("-> internet, tcp 443"));
      expect(outbound.map((walk) => walk.roundTrip.out.hops[0]?.zone)).toEqual(zones);
      for (const { roundTrip } of outbound) {
        const { out, back, verdict } = roundTrip;
        expect(out.hops.map((hop) => hop.kind)).toEqual(OUT);
        expect(back?.hops.map((hop) => hop.kind)).toEqual(BACK);
        expect(verdict.kind).toBe("delivered");
        expect(new Set([...out.hops, ...(back?.hops ?? [])].flatMap((hop) => hop.zone ?? [])).size).toBe(1);
      }
    },
  );
});

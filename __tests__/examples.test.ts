import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { offlinePlan } from "../tools/offline-plan/offline-plan";
import { PRICES } from "../tools/review/cost/prices";
import { review } from "../tools/review/review";
import { outcomeOf } from "../tools/review/summary";
import { parseSuppressionFile } from "../tools/review/suppression";
import { readTopology } from "../tools/topology/read-topology";
import { EXAMPLE_NAMES, EXAMPLES, exampleFolder } from "./support/examples";

let scratch = "";
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "examples-"));
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const readme = (example: string): string => readFileSync(join(EXAMPLES, example, "README.md"), "utf8");

const reviewed = async (example: string) => {
  const folder = exampleFolder(example, scratch, { path: __filename, sha256: "5a".repeat(32) });
  const { plan } = await offlinePlan(folder);
  const accepted = join(EXAMPLES, example, "gwlb-review.yaml");
  const suppressions = existsSync(accepted) ? parseSuppressionFile(readFileSync(accepted, "utf8"), accepted) : [];
  return review(readTopology(plan), { name: example, prices: PRICES, suppressions });
};

/** What the appliance's own rules do with what is sent to the internet, where they do not return it. */
const RULED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "tc-filter": { "tcp 80": "dropped at the appliance by rule drop-http" },
  "squid-bastion": {
    "tcp 443": "redirected to the bastion 10.2.0.20:3443, delivered both ways",
    "tcp 80": "redirected to the bastion 10.2.0.20:3180, delivered both ways",
  },
};

test("there is an example of everything that people ask for", () => {
  expect(EXAMPLE_NAMES.length).toBeGreaterThanOrEqual(10);
});

test.each(EXAMPLE_NAMES)(
  "%s plans offline, its packets are inspected both ways, nothing is to warn of, and it costs what its README says",
  async (example) => {
    const { walks, findings, cost } = await reviewed(example);
    const outbound = walks.filter(({ direction }) => direction === "outbound");
    expect(outbound.length).toBeGreaterThan(0);
    expect(outbound.map(outcomeOf)).toEqual(
      outbound.map(
        ({ title }) => RULED[example]?.[title.split(", ")[1] ?? ""] ?? "delivered both ways, inspected both ways",
      ),
    );
    expect(
      findings.filter(({ severity }) => severity !== "note").map(({ check, what }) => `${check}: ${what}`),
    ).toEqual([]);
    expect(readme(example)).toContain(`$${cost.perHour.toFixed(4)} an hour`);
    expect(cost.unknown).toBe(0);
  },
  300_000,
);

test("existing-vpc can be walked in a plan as Terraform makes it, ids unknown, with what its data sources found", async () => {
  const { normalPlan } = await offlinePlan(join(EXAMPLES, "existing-vpc"), { normalPlan: true });
  const plan = JSON.stringify(normalPlan?.plan);
  expect(plan).toContain('"after_unknown":{"arn":true');
  const { walks } = review(readTopology(JSON.parse(plan)), { name: "plan.json", prices: PRICES, suppressions: [] });
  expect(walks.map(outcomeOf)).toEqual(["delivered both ways, inspected both ways"]);
}, 300_000);

test("cross-account costs in each account what its README says", async () => {
  const { cost } = await reviewed("cross-account");
  const inStack = (stack: string): string => {
    const lines = cost.lines.filter(({ address }) => address.startsWith(`module.${stack}.`));
    return `$${lines.reduce((sum, { perHour = 0 }) => sum + perHour, 0).toFixed(4)}`;
  };
  expect(readme("cross-account")).toContain(
    `${inStack("cross-account-service")} in the appliances' account (one t4g.micro`,
  );
  expect(readme("cross-account")).toContain(`${inStack("cross-account-workloads")} in the other (one endpoint`);
}, 300_000);

test.each(EXAMPLE_NAMES)(
  "%s has a README that says what it shows, how to see it without AWS, what it costs and how to tear it down",
  (example) => {
    const page = readme(example);
    const headings = ["What it shows", "See it without AWS", "What it costs", "Deploy", "Tear it down"];
    expect([...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(headings);
    expect(page).toContain(`npm run review -- examples/${example}`);
    // Its AMI is not ours: no agent, so nothing to bring up.
    expect(page.includes(`sudo npm run lab -- trace examples/${example}`)).toBe(example !== "vendor-appliance");
  },
);

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { offlinePlan } from "../tools/offline-plan/offline-plan";
import { costOf, type Cost } from "../tools/review/cost/cost-of";
import { PRICES } from "../tools/review/cost/prices";
import { readTopology } from "../tools/topology/read-topology";
import { EXAMPLE_NAMES, EXAMPLES } from "./support/examples";
import { SCENARIO_NAMES, synthesizeScenario } from "./support/scenarios";

const PAGE = readFileSync(join(resolve(__dirname, ".."), "docs/costs.md"), "utf8");

/** Cells of the rows of the table whose heading begins with a text. */
function table(heading: string): string[][] {
  const [, rows = ""] = new RegExp(`^\\| ${heading}.*\\n\\| -.*\\n((?:\\|.*\\n)*)`, "m").exec(PAGE) ?? [];
  return rows
    .trim()
    .split("\n")
    .map((row) =>
      row
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
}

const costs = new Map<string, Cost>();

beforeAll(async () => {
  for (const scenario of SCENARIO_NAMES) {
    const directory = mkdtempSync(join(tmpdir(), "costs-"));
    try {
      writeFileSync(join(directory, "cdk.tf.json"), JSON.stringify(synthesizeScenario(scenario).json));
      const { plan } = await offlinePlan(directory);
      costs.set(scenario, costOf(readTopology(plan), PRICES));
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
}, 120_000);

test("every scenario costs what the page says", () => {
  const computed = SCENARIO_NAMES.map((name) => {
    const perHour = costs.get(name)?.perHour ?? 0;
    return [`\`${name}\``, perHour.toFixed(4), (perHour * 730).toFixed(0)];
  });
  expect(table("scenario").map((row) => row.slice(0, 3))).toEqual(computed);
});

test("every piece costs what the page says, and there are no others", () => {
  const lines = costs.get("squid-bastion")?.lines ?? [];
  const pieces = new Map(lines.map(({ what, perHour = 0 }) => [what, perHour.toFixed(4)]));
  const said: Record<string, string> = {
    "gateway load balancer": "Gateway Load Balancer",
    "GatewayLoadBalancer endpoint, one zone": "GWLB endpoint, in each zone",
    "public IPv4 address": "public IPv4 address, each",
    "t4g.micro": "t4g.micro, each",
    "8 GiB gp3": `8 GiB of gp3, at ${String(PRICES.regions["eu-west-1"]?.gibMonth?.["gp3"])} a GiB a month`,
  };
  expect([...pieces.keys()].sort()).toEqual(Object.keys(said).sort());
  expect(Object.fromEntries(table("piece") as [string, string][])).toEqual(
    Object.fromEntries([...pieces].map(([what, perHour]) => [said[what], perHour])),
  );
});

test("the prices are of the day that the page names, and examples without a client cost what it says", () => {
  expect(PAGE).toContain(`entered by hand on ${PRICES.asOf}`);
  const [, cheapest = ""] = /that cost (\d\.\d+)\./.exec(PAGE) ?? [];
  const readmes = EXAMPLE_NAMES.map((name) => readFileSync(join(EXAMPLES, name, "README.md"), "utf8"));
  expect(readmes.filter((readme) => readme.includes(`$${cheapest} an hour`)).length).toBeGreaterThan(1);
});

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writeModules } from "../tools/build-modules/write-modules";
import { offlinePlan } from "../tools/offline-plan/offline-plan";
import { PRICES } from "../tools/review/cost/prices";
import { review } from "../tools/review/review";
import { parseSuppressionFile } from "../tools/review/suppression";
import { readTopology } from "../tools/topology/read-topology";

const ROOT = resolve(__dirname, "..");
const EXAMPLES = join(ROOT, "examples");

/** Every example on disk, so that none can be forgotten. */
const examples = readdirSync(EXAMPLES);

let scratch = "";
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "examples-"));
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Directories that Terraform can plan: an example's own, or what its program synthesizes. */
function terraformDirectories(example: string): string[] {
  if (!existsSync(join(EXAMPLES, example, "main.ts"))) {
    cpSync(join(EXAMPLES, example), join(scratch, "examples", example), { recursive: true });
    writeModules(join(scratch, "dist/terraform-modules"), { path: __filename, sha256: "5a".repeat(32) });
    return [join(scratch, "examples", example)];
  }
  const output = join(scratch, example);
  const { status, stderr } = spawnSync("node", ["--import", "tsx", join(EXAMPLES, example, "main.ts")], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, CDKTF_OUTDIR: output },
  });
  expect([status, stderr.replaceAll(/^npm warn.*\n/gm, "")]).toEqual([0, ""]);
  return readdirSync(join(output, "stacks")).map((stack) => join(output, "stacks", stack));
}

const readme = (example: string): string => readFileSync(join(EXAMPLES, example, "README.md"), "utf8");

test("there is an example of everything that people ask for", () => {
  expect(examples.length).toBeGreaterThanOrEqual(10);
});

test.each(examples)(
  "%s plans offline, its review has nothing to warn of, and it costs what its README says",
  async (example) => {
    for (const directory of terraformDirectories(example)) {
      const { plan } = await offlinePlan(directory);
      const accepted = join(EXAMPLES, example, "gwlb-review.yaml");
      const suppressions = existsSync(accepted) ? parseSuppressionFile(readFileSync(accepted, "utf8"), accepted) : [];
      const { findings, cost } = review(readTopology(plan), { name: example, prices: PRICES, suppressions });
      expect(
        findings.filter(({ severity }) => severity !== "note").map(({ check, what }) => `${check}: ${what}`),
      ).toEqual([]);
      expect(readme(example)).toContain(`$${cost.perHour.toFixed(4)} an hour`);
      expect(cost.unknown).toBe(0);
    }
  },
  300_000,
);

test.each(examples)("%s has a README that says what it shows, what it costs and how to tear it down", (example) => {
  const page = readme(example);
  for (const heading of ["## What it shows", "## What it costs", "## Deploy", "## Tear it down"]) {
    expect(page).toContain(`\n${heading}\n`);
  }
});

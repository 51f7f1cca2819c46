import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writeModules } from "../tools/build-modules/write-modules";
import { offlinePlan } from "../tools/offline-plan/offline-plan";

const ROOT = resolve(__dirname, "..");

/** The ```hcl blocks of every page that git knows or would add: each a root module beside this repository's `dist`. */
const blocks = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], { cwd: ROOT, encoding: "utf8" })
  .split("\n")
  .filter((page) => page !== "" && existsSync(join(ROOT, page)))
  .flatMap((page) =>
    [...readFileSync(join(ROOT, page), "utf8").matchAll(/^```hcl\n([\s\S]*?)^```$/gm)].map(
      ([, code = ""], index) => [`${page}, block ${String(index + 1)}`, code] as const,
    ),
  );

test("pages have HCL in them", () => {
  expect(blocks.length).toBeGreaterThan(0);
});

test.each(blocks)(
  "the hcl of %s plans",
  async (_, code) => {
    const root = mkdtempSync(join(tmpdir(), "docs-hcl-"));
    try {
      writeModules(join(root, "dist/terraform-modules"), { path: __filename, sha256: "5a".repeat(32) });
      writeFileSync(join(root, "main.tf"), code);
      const { plan } = await offlinePlan(root);
      expect((plan["resource_changes"] as unknown[]).length).toBeGreaterThan(0);
    } finally {
      rmSync(root, { recursive: true });
    }
  },
  60_000,
);

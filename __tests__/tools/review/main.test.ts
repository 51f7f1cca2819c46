import { spawnSync } from "node:child_process";
import { closeSync, cpSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planned } from "./planned";

const ROOT = join(__dirname, "../../..");
const FIXTURES = join(ROOT, "__tests__/fixtures/review");
let directory: string;
let good: string;
let bad: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "review-main-"));
  good = join(directory, "good.json");
  bad = join(directory, "bad.json");
  writeFileSync(good, JSON.stringify((await planned("article")).plan));
  writeFileSync(bad, JSON.stringify((await planned("article", "broken/imdsv2")).plan));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync("node", ["--import", "tsx", "tools/review/main.ts", ...args], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect(stderr).not.toMatch(/\n\s+at /);
  return { status, stdout, stderr };
}

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

test("a directory of HCL is planned and walked", () => {
  const { status, stdout } = run(join(FIXTURES, "article"), "--fail-on", "note");
  expect(stdout).toContain("aws_instance.client -> internet, tcp 443: delivered both ways, inspected both ways\n");
  expect(stdout).toContain(
    "     4. aws_lb.inspection wraps the packet in GENEVE for aws_instance.appliance (10.2.0.0/28 -> 10.2.0.4, UDP 6081)\n",
  );
  expect(stdout).toContain("Findings: no findings\n");
  expect(status).toBe(0);
});

test("--fail-on sets the exit code, and a suppression with a reason clears it", () => {
  expect(run(bad).status).toBe(0);
  expect(run(bad, "--fail-on", "error").status).toBe(0);
  const failed = run(bad, "--fail-on", "warning");
  expect(failed.status).toBe(1);
  expect(failed.stdout).toContain("  warning  imdsv2  aws_instance.appliance\n           http_tokens is optional\n");
  const accepted = run(
    bad,
    "--fail-on",
    "warning",
    "--suppress",
    "imdsv2@aws_instance.appliance=a vendor's image that needs version 1",
  );
  expect(accepted.status).toBe(0);
  expect(accepted.stdout).toContain(
    "suppressed  imdsv2  aws_instance.appliance: a vendor's image that needs version 1\n",
  );
});

test("a reader that stops early is no error", () => {
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", `node --import tsx tools/review/main.ts "$0" --json | head -c 1 >/dev/null`, good],
    {
      cwd: ROOT,
      encoding: "utf8",
    },
  );
  expect([status, stderr]).toEqual([0, ""]);
});

test("a suppression file beside the plan is read", () => {
  const beside = join(directory, "beside");
  mkdirSync(beside);
  cpSync(bad, join(beside, "plan.json"));
  writeFileSync(
    join(beside, "gwlb-review.yaml"),
    "- check: imdsv2\n  reason: accepted\n- check: mtu\n  reason: none left\n",
  );
  const { status, stdout } = run(join(beside, "plan.json"), "--fail-on", "warning");
  expect(status).toBe(0);
  expect(stdout).toContain("unused suppression  mtu: remove it");
});

test("--json has everything", () => {
  const json = JSON.parse(run(bad, "--json").stdout) as {
    walks: { verdict: object; out: { hops: unknown[] } }[];
    findings: { check: string }[];
    cost: { perHour: number };
  };
  expect(json.walks[0]?.verdict).toEqual({ kind: "delivered", where: "aws_instance.client" });
  expect(json.walks[0]?.out.hops).toHaveLength(10);
  expect(json.findings.map((one) => one.check)).toEqual(["imdsv2"]);
  expect(json.cost.perHour).toBeGreaterThan(0);
});

test("--markdown is one document for a pull request", () => {
  const { stdout } = run(bad, "--markdown");
  expect(stdout).toContain("| warning | [imdsv2](https://docs.aws.amazon.com/");
  expect(stdout).toContain("10. 198.51.100.10 on the internet");
});

test("a plan with no Gateway Load Balancer says so", () => {
  const plain = join(directory, "plain");
  mkdirSync(plain);
  writeFileSync(join(plain, "main.tf"), 'resource "aws_vpc" "x" {\n  cidr_block = "10.0.0.0/16"\n}\n');
  const { status, stdout } = run(plain);
  expect(stdout).toContain("nothing to walk here: no Gateway Load Balancer endpoint is in it");
  expect(status).toBe(0);
});

test.each([
  ["nothing", [], "review: expected one stack, directory or plan, got 0; see --help"],
  ["what is not there", ["nowhere"], "review: no such file, directory or stack, got 'nowhere'"],
  ["an unknown option", ["x", "--wat"], "Unknown option '--wat'"],
  [
    "an unknown severity",
    ["x", "--fail-on", "never"],
    "--fail-on: expected error, warning or note, got 'never'; choose one of them",
  ],
])("fails for %s", (_, args, message) => {
  const { status, stderr } = run(...args);
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test("fails for files that are no plan, saying what to do", () => {
  const cases: readonly (readonly [string, string])[] = [
    [file("text.json", "hello"), "expected JSON, got "],
    [
      file("empty.json", ""),
      "expected JSON, got Unexpected end of JSON input; run `terraform show -json <plan file>` again, it may have been cut short",
    ],
    [
      file("cut.json", '{"format_version":"1.2","planned_values":{"root_module":{"resources":[{"addr'),
      "it may have been cut short",
    ],
    [
      file("version.json", '{"format_version":"9.0"}'),
      'plan JSON: format_version must be 1.x, got "9.0"; use Terraform 0.14 to 1.x',
    ],
    [file("package.json", '{"name":"x"}'), "plan JSON: expected format_version, got name"],
    [
      file("plan.bin", "PK\u0003\u0004"),
      "expected JSON, got a binary plan file; run `terraform show -json plan.bin > plan.json` and pass plan.json",
    ],
  ];
  for (const [path, message] of cases) {
    const { status, stderr, stdout } = run(path);
    expect([status, stderr, stdout]).toEqual([2, expect.stringContaining(message), ""]);
  }
});

test("fails for a directory without Terraform files", () => {
  const empty = join(directory, "empty");
  mkdirSync(empty);
  expect(run(empty).stderr).toBe(
    `review: expected Terraform files, got the directory '${empty}' without any *.tf or *.tf.json; pass a root module's directory, or plan JSON\n`,
  );
});

test("fails for a file of 200 MB without reading it", () => {
  const large = join(directory, "large.json");
  const descriptor = openSync(large, "w");
  ftruncateSync(descriptor, 200 * 1024 * 1024);
  closeSync(descriptor);
  expect(run(large).stderr).toBe(`${large}: a plan may have 64 MiB, got 200 MiB; review the modules one by one\n`);
});

import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

jest.setTimeout(120_000);

const ROOT = join(__dirname, "../../..");
const FLAT = join(ROOT, "__tests__/fixtures/offline-plan/article-flat");
const COMMAND = ["--import", "tsx", "tools/offline-plan/main.ts"];

let temporary: string;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "plan-command-"));
});
afterEach(() => {
  rmSync(temporary, { recursive: true, force: true });
});

function plan(words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const env = { ...process.env, TMPDIR: temporary, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...COMMAND, ...words], {
    cwd: ROOT,
    env,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("a plan for people: Terraform's own text, then what was assumed", () => {
  const { status, stdout } = plan([FLAT]);
  expect(status).toBe(0);
  expect(stdout).toContain("# aws_vpc_endpoint.gwlb will be created");
  expect(stdout).toContain("Plan: 25 to add, 0 to change, 0 to destroy.");
  expect(stdout).toMatch(
    /Assumed, because only AWS knows \(set them with --assume FILE\):\n {2}data\.aws_ami\.linux\n/,
  );
  expect(readdirSync(temporary).filter((it) => it.startsWith("offline-plan-"))).toEqual([]);
});

test("--json is 'terraform show -json' and nothing else, for tools", () => {
  const { status, stdout, stderr } = plan([FLAT, "--json", "-var", "region=eu-central-1"]);
  expect(status).toBe(0);
  const shown = JSON.parse(stdout) as { format_version: string; resource_changes: unknown[] };
  expect(shown.format_version).toMatch(/^1\./);
  expect(shown.resource_changes).toHaveLength(25);
  expect(stdout).toContain("arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-0");
  expect(stderr).toContain("data.aws_ami.linux");
});

test("--assume reads a file", () => {
  const file = join(temporary, "assumed.json");
  writeFileSync(file, JSON.stringify({ data: { aws_ami: { id: "ami-said" } } }));
  expect(plan([FLAT, "--json", "--assume", file]).stdout).toContain('"ami":"ami-said"');
});

test.each([
  ["no arguments", [], 2, "nothing to plan; name a stack"],
  ["a file that is not there", ["./nowhere"], 2, "./nowhere: no such file or directory"],
  ["another Terraform", [FLAT, "--terraform", "/bin/true"], 3, "/bin/true: not Terraform"],
  ["a wrong variable", [FLAT, "-var", "nothing=1"], 1, "Value for undeclared variable"],
  ["an assumption file that is not there", [FLAT, "--assume", "none.json"], 2, "none.json: cannot be read as JSON"],
])("fails on %s, without a stack trace", (_name, words, code, says) => {
  const { status, stderr, stdout } = plan(words);
  expect(stderr).toContain(says);
  expect(stderr).not.toMatch(/\n {4}at /);
  expect({ status, stdout }).toEqual({ status: code, stdout: "" });
});

test("help", () => {
  expect(plan(["--help"])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("npm run plan -- pass-through") as string,
  });
});

test("neither credentials nor Terraform's settings reach Terraform", () => {
  const recorder = join(temporary, "recorder");
  const seen = join(temporary, "seen");
  writeFileSync(recorder, `#!/bin/sh\nenv >> '${seen}'\nexec terraform "$@"\n`);
  chmodSync(recorder, 0o755);
  const { status } = plan([FLAT, "--json", "--terraform", recorder], {
    AWS_ACCESS_KEY_ID: "canary",
    AWS_SECRET_ACCESS_KEY: "canary",
    AWS_PROFILE: "canary",
    TF_VAR_region: "canary",
    TF_LOG: "canary",
    TF_TOKEN_app_terraform_io: "canary",
    TF_CLI_ARGS_plan: "-canary",
    HTTPS_PROXY: "http://canary.invalid",
  });
  expect(status).toBe(0);
  const environment = readFileSync(seen, "utf8");
  expect(environment).not.toContain("canary");
  expect(environment).toContain("HTTPS_PROXY=http://127.0.0.1:9");
});

test.each(["SIGINT", "SIGTERM"] as const)("%s ends Terraform and leaves nothing behind", async (signal) => {
  const slow = join(temporary, "slow");
  const started = join(temporary, "started");
  writeFileSync(slow, `#!/bin/sh\n[ "$1" = version ] && exec terraform "$@"\necho $$ > '${started}'\nexec sleep 60\n`);
  chmodSync(slow, 0o755);
  const run = spawn(process.execPath, [...COMMAND, FLAT, "--terraform", slow], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: temporary },
    stdio: "ignore",
  });
  const ended = new Promise<NodeJS.Signals | null>((done) => run.on("exit", (_code, by) => done(by)));
  const pid = await until(() => Number(readFileSync(started, "utf8")));
  run.kill(signal);
  expect(await ended).toBe(signal);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect(readdirSync(temporary).filter((it) => it.startsWith("offline-plan-"))).toEqual([]);
});

test("what a killed run left behind is removed by the next one", () => {
  const { pid } = spawnSync("true");
  const abandoned = mkdtempSync(join(temporary, `offline-plan-${pid}-`));
  const other = mkdtempSync(join(temporary, `offline-plan-${process.pid}-`));
  plan([FLAT, "--json"]);
  expect(readdirSync(temporary)).toContain(other.split("/").at(-1));
  expect(readdirSync(temporary)).not.toContain(abandoned.split("/").at(-1));
});

/** Polls for a truthy value. */
async function until(look: () => number): Promise<number> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      const found = look();
      if (found) return found;
    } catch {
      // Not there yet.
    }
    if (Date.now() > deadline) throw new Error("Terraform was not started within 30 s");
    await new Promise((done) => setTimeout(done, 50));
  }
}

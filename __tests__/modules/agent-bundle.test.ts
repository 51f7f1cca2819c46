import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Instance } from "@cdktf/provider-aws/lib/instance";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import { App, LocalBackend, TerraformOutput, TerraformStack, TerraformVariable } from "cdktf";
import { AgentBundle } from "../../modules/agent-bundle";
import { applianceUserData } from "../../modules/internal/user-data/appliance-user-data";
import { gzippedUserData } from "../../modules/internal/user-data/gzipped-user-data";
import { allDependencies, Synthesized } from "../support/synth";

const ARCHIVE = Buffer.from("an archive");
const SHA256 = createHash("sha256").update(ARCHIVE).digest("hex");
let folder: string;
let archive: { path: string; sha256: string };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gwlb-bundle-"));
  archive = { path: join(folder, "gwlb-agent.tar"), sha256: SHA256 };
  writeFileSync(archive.path, ARCHIVE);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A bundle with two configurations, of which a role may read one, and a machine that boots with that. */
function addMachine(stack: TerraformStack): void {
  const bundle = new AgentBundle(stack, "bundle", { archive, region: "eu-west-1" });
  const configuration = bundle.addConfiguration("zone-a", "agent/eu-west-1a.json", { version: 1, mode: "hairpin" });
  bundle.addConfiguration("zone-b", "agent/eu-west-1b.json", { version: 1 });
  const trust = new DataAwsIamPolicyDocument(stack, "trust", {});
  const role = new IamRole(stack, "role", { assumeRolePolicy: trust.json });
  const mayRead = bundle.grantRead("machine", role, [configuration]);
  new Instance(stack, "machine", {
    userData: applianceUserData({ bundle, configuration, mode: "hairpin" }),
    dependsOn: [mayRead],
  });
}

describe("AgentBundle", () => {
  let stack: Synthesized;
  let bucket: string;
  beforeAll(() => {
    stack = new Synthesized(addMachine);
    bucket = stack.only(S3Bucket).ref;
  });

  test("keeps the program under its SHA-256, and has S3 check it", () => {
    const program = stack.at(S3Object, "bundle/program");
    expect(program.attributes).toMatchObject({
      bucket: `\${${bucket}.id}`,
      key: `agent/${SHA256}.tar`,
      source: expect.stringMatching(new RegExp(`^assets/[^/]+/${SHA256}/gwlb-agent\\.tar$`)),
      source_hash: SHA256,
      checksum_algorithm: "SHA256",
      lifecycle: { create_before_destroy: true },
    });
  });

  test("keeps configurations as JSON under their own keys, so that a change replaces nothing", () => {
    const { attributes } = stack.at(S3Object, "bundle/zone-a");
    expect(attributes).toMatchObject({ key: "agent/eu-west-1a.json", content_type: "application/json" });
    expect(JSON.parse(attributes["content"])).toEqual({ version: 1, mode: "hairpin" });
    const machine = (mode: string): unknown =>
      new Synthesized((scope) => {
        const bundle = new AgentBundle(scope, "bundle", { archive, region: "eu-west-1" });
        const configuration = bundle.addConfiguration("zone-a", "agent/eu-west-1a.json", { mode });
        new Instance(scope, "machine", {
          userData: applianceUserData({ bundle, configuration, mode: "hairpin" }),
        });
      }).only(Instance).attributes;
    expect(machine("routed")).toEqual(machine("hairpin"));
  });

  test("is private, encrypted, versioned and refuses plain HTTP", () => {
    expect(stack.only(S3BucketPublicAccessBlock).attributes).toMatchObject({
      bucket: `\${${bucket}.id}`,
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(stack.only(S3BucketServerSideEncryptionConfigurationA).attributes["rule"]).toEqual([
      { apply_server_side_encryption_by_default: { sse_algorithm: "AES256" } },
    ]);
    expect(stack.only(S3BucketVersioningA).attributes["versioning_configuration"]).toEqual({ status: "Enabled" });
    expect(JSON.parse(stack.only(S3BucketPolicy).attributes["policy"]).Statement).toEqual([
      {
        Sid: "DenyWithoutTls",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [`\${${bucket}.arn}`, `\${${bucket}.arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ]);
  });

  test("forgets replaced versions after 30 days, once versioning is on", () => {
    const lifecycle = stack.only(S3BucketLifecycleConfiguration);
    expect(lifecycle.attributes["rule"]).toEqual([
      expect.objectContaining({ status: "Enabled", noncurrent_version_expiration: [{ noncurrent_days: 30 }] }),
    ]);
    expect(lifecycle.attributes["depends_on"]).toEqual([stack.only(S3BucketVersioningA).ref]);
  });

  test("lets a role read its program and its configuration, and no other one", () => {
    const { attributes } = stack.only(IamRolePolicy);
    expect(attributes["role"]).toBe(`\${${stack.only(IamRole).ref}.name}`);
    expect(JSON.parse(attributes["policy"]).Statement).toEqual([
      {
        Effect: "Allow",
        Action: "s3:GetObject",
        Resource: [`\${${bucket}.arn}/agent/${SHA256}.tar`, `\${${bucket}.arn}/agent/eu-west-1a.json`],
      },
    ]);
  });

  test("a machine boots after its program, its configuration and its permission exist, but needs no other one's", () => {
    const needed = allDependencies(stack, stack.only(Instance));
    expect(needed).toContain(stack.at(S3Object, "bundle/program").ref);
    expect(needed).toContain(stack.at(S3Object, "bundle/zone-a").ref);
    expect(needed).toContain(stack.only(IamRolePolicy).ref);
    expect(needed).not.toContain(stack.at(S3Object, "bundle/zone-b").ref);
  });

  test("fails when the archive's SHA-256 is none", () => {
    expect(
      () =>
        new Synthesized((scope) => {
          new AgentBundle(scope, "bundle", { archive: { ...archive, sha256: "ABC" }, region: "eu-west-1" });
        }),
    ).toThrow(
      "test/bundle: archive.sha256 must be 64 lower-case hexadecimal digits, got 'ABC'; " +
        "pass what ensureAgentBundle() of tools/build-agent returns",
    );
  });

  test("is synthesized to the same bytes from archives in different folders", () => {
    const synthesize = (): Record<string, string> => {
      const home = mkdtempSync(join(tmpdir(), "gwlb-synth-"));
      const path = join(home, "gwlb-agent.tar");
      writeFileSync(path, ARCHIVE);
      const app = new App({ outdir: join(home, "out") });
      const made = new TerraformStack(app, "test");
      new AwsProvider(made, "aws", { region: "eu-west-1" });
      new LocalBackend(made, { path: "test.tfstate" });
      new AgentBundle(made, "bundle", { archive: { path, sha256: SHA256 }, region: "eu-west-1" });
      app.synth();
      const files = readdirSync(join(home, "out"), { recursive: true, encoding: "utf8" })
        .filter((name) => statSync(join(home, "out", name)).isFile())
        .map((name) => [name, readFileSync(join(home, "out", name), "latin1")] as const);
      rmSync(home, { recursive: true });
      return Object.fromEntries(files);
    };
    const files = synthesize();
    expect(Object.keys(files).filter((name) => name.endsWith("gwlb-agent.tar"))).toHaveLength(1);
    expect(synthesize()).toEqual(files);
    expect(JSON.stringify(files)).not.toContain(tmpdir());
  });
});

const terraform = spawnSync("terraform", ["version"]);
const testWithTerraform = terraform.status === 0 || process.env.REQUIRE_ROOT === "1" ? test : test.skip;

testWithTerraform("user data: Terraform makes of a script, of whatever characters, exactly that script", () => {
  const stack = (script: (bucket: string) => string): string => {
    const home = mkdtempSync(join(tmpdir(), "gwlb-terraform-"));
    const app = new App({ outdir: home });
    const made = new TerraformStack(app, "test");
    const bucket = new TerraformVariable(made, "bucket", { default: "a-bucket" });
    new LocalBackend(made, { path: join(home, "state") });
    new TerraformOutput(made, "script", {
      value: gzippedUserData(made, "boot", script(bucket.stringValue)),
      staticId: true,
    });
    app.synth();
    const cwd = join(home, "stacks", "test");
    const env = { PATH: process.env.PATH, HOME: home, CHECKPOINT_DISABLE: "1" };
    const run = (...args: string[]): string => {
      const { status, stdout, stderr } = spawnSync("terraform", args, { cwd, env, encoding: "utf8" });
      if (status !== 0) throw new Error(`terraform ${args.join(" ")}: ${stderr}`);
      return stdout;
    };
    run("init", "-input=false");
    run("apply", "-auto-approve", "-input=false");
    const encoded = run("output", "-raw", "script");
    rmSync(home, { recursive: true });
    return gunzipSync(Buffer.from(encoded, "base64")).toString("utf8");
  };
  const odd = (bucket: string): string =>
    `B='${bucket}'\n"\${B:-"\${C}"}" %{B} $\${B} %%{ \${#A[@]} \\n \\" \t é ' <<EOF\n\n"$(cmd)" \`cmd\` $ % \${`;
  expect(stack(odd)).toBe(odd("a-bucket"));
  const boot = (bucket: string): string =>
    applianceUserData({
      bundle: { program: { bucket, key: `agent/${SHA256}.tar` }, sha256: SHA256, region: "eu-west-1" },
      configuration: { bucket, key: "agent/eu-west-1a.json" },
      mode: "routed",
    });
  expect(stack(boot)).toBe(boot("a-bucket"));
});

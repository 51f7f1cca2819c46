import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "..");

/** What docs/cdk-terrain.md tells people to write into package.json. */
const page = readFileSync(join(ROOT, "docs/cdk-terrain.md"), "utf8");
const aliases = Object.fromEntries(
  [...page.matchAll(/^\s*"(cdktf|@cdktf\/provider-aws|constructs)": "([^"]+)",?$/gm)].map((match) => match.slice(1)),
);

/** Everything that synthesis reads. */
const SOURCES = [
  "main.ts",
  "gwlb.yaml",
  "tsconfig.json",
  "modules",
  "stacks",
  "appliance-agent",
  "tools",
  "LICENSE",
  ".npmrc",
];

const describeIfAsked = process.env["CDK_TERRAIN"] === "1" ? describe : describe.skip;

test("the page names an alias for every package that changes", () => {
  expect(Object.keys(aliases).sort()).toEqual(["@cdktf/provider-aws", "cdktf", "constructs"]);
});

// Installs half a gigabyte: only when asked for with CDK_TERRAIN=1.
describeIfAsked("under CDK Terrain's packages", () => {
  let copy = "";
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "cdk-terrain-"));
    for (const source of SOURCES) cpSync(join(ROOT, source), join(copy, source), { recursive: true });
    const own = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    // What builds the agent; nothing that checks, tests or draws.
    const wanted = ["esbuild", "tsx", ...importedBy(join(ROOT, "appliance-agent"))].filter(
      (name) => name in own.devDependencies,
    );
    const tools = Object.fromEntries(wanted.map((name) => [name, own.devDependencies[name]]));
    const dependencies = { ...own.dependencies, ...aliases, ...tools };
    writeFileSync(
      join(copy, "package.json"),
      JSON.stringify({ name: own.name, version: own.version, license: own.license, dependencies }),
    );
    execFileSync("npm", ["install", "--silent", "--engine-strict=false"], {
      cwd: copy,
      stdio: ["ignore", "ignore", "pipe"],
    });
  }, 600_000);
  afterAll(() => {
    rmSync(copy, { recursive: true, force: true });
  });

  test("every stack has the same resources, data sources, variables and outputs", () => {
    const installed = JSON.parse(readFileSync(join(copy, "node_modules/cdktf/package.json"), "utf8"));
    expect(installed.name).toBe("cdktn");
    const [ours, theirs] = [ROOT, copy].map((root) =>
      synthesized(root, join(copy, root === copy ? "out-cdktn" : "out-cdktf")),
    );
    expect(Object.keys(ours ?? {})).toEqual(["pass-through", "squid-bastion", "tc-filter"]);
    expect(theirs).toEqual(ours);
  }, 300_000);
});

/** Packages that the TypeScript files below a directory import. */
function importedBy(directory: string): string[] {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const texts = files.map((file) => readFileSync(join(directory, file), "utf8"));
  return texts.flatMap((text) =>
    [...text.matchAll(/(?:from |import\()"((?:@[\w-]+\/)?[\w-]+)/g)].map(([, name = ""]) => name),
  );
}

/** Every stack, as Terraform reads it, less the comments and the provider's version. */
function synthesized(root: string, output: string): Record<string, unknown> {
  const { status, stderr } = spawnSync("node", ["--import", "tsx", "main.ts"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, CDKTF_OUTDIR: output },
  });
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  const stacks = readdirSync(join(output, "stacks")).sort();
  return Object.fromEntries(
    stacks.map((stack) => {
      const text = readFileSync(join(output, "stacks", stack, "cdk.tf.json"), "utf8");
      const {
        "//": _,
        terraform: __,
        ...rest
      } = JSON.parse(text, (key, value: unknown) => (key === "//" ? undefined : value));
      return [stack, JSON.parse(JSON.stringify(rest).replaceAll(/[0-9a-f]{64}/g, "<agent>"))];
    }),
  );
}

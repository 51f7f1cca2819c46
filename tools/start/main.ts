import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { ensureAgentBundle } from "../build-agent/ensure-agent-bundle";

const ROOT = resolve(__dirname, "../..");

/** What is traced where the first packet that comes to mind, a ping, would not show what the scenario is for. */
const PACKETS: Readonly<Record<string, readonly string[]>> = { "tc-filter": ["--http"], "squid-bastion": ["--https"] };

const HELP = `npm start: everything this repository can show on this machine, without AWS

  1  builds the agent's bundle
  2  synthesizes every scenario to Terraform JSON
  3  plans each with the real Terraform and no AWS access, and walks a packet through it, out and back
  4  on Linux as root: brings each up in network namespaces and follows a real packet hop by hop

It needs no credentials, and leaves nothing behind outside this folder. Next: npx cdktf deploy pass-through
`;

function main(args: readonly string[]): number {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(HELP);
    return 0;
  }
  const bundle = ensureAgentBundle();
  console.log(`Agent bundle   ${relative(ROOT, bundle.path)}  SHA-256 ${bundle.sha256}`);
  if (runTool("main.ts") !== 0) return 1;
  const stacks = synthesizedStacks();
  for (const { name, file, resources } of stacks) {
    console.log(`Synthesized    ${file}  ${String(resources)} resources of scenario ${name}`);
  }
  if (spawnSync("terraform", ["version"], { stdio: "ignore" }).error !== undefined) {
    console.log(
      "\nNot planned and not walked: terraform is not on PATH. Install Terraform (README, first screen) and run npm start again.",
    );
    return 0;
  }
  for (const { name } of stacks) {
    console.log("");
    if (runTool("tools/review/main.ts", name) !== 0) return 1;
  }
  for (const { name } of stacks) {
    console.log("");
    if (runTool("tools/lab/main.ts", "trace", name, ...(PACKETS[name] ?? [])) !== 0) return 1;
  }
  console.log(
    "\nNext: npx cdktf deploy pass-through puts the first into your AWS account; AWS bills it (README, Costs).",
  );
  return 0;
}

function runTool(program: string, ...args: string[]): number {
  const { status } = spawnSync("node", ["--import", "tsx", program, ...args], { cwd: ROOT, stdio: ["ignore", 1, 2] });
  return status ?? 1;
}

interface Stack {
  readonly name: string;
  /** Path of cdk.tf.json, from the repository's root. */
  readonly file: string;
  readonly resources: number;
}

/** What the last synthesis wrote. */
function synthesizedStacks(): Stack[] {
  const out = join(ROOT, "cdktf.out");
  const { stacks } = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")) as {
    stacks: Record<string, { synthesizedStackPath: string }>;
  };
  return Object.entries(stacks).map(([name, { synthesizedStackPath }]) => {
    const path = join(out, synthesizedStackPath);
    if (!existsSync(path)) throw new Error(`${path}: named by the manifest, not found; run npm start again`);
    const { resource = {} } = JSON.parse(readFileSync(path, "utf8")) as { resource?: Record<string, object> };
    const resources = Object.values(resource).reduce((sum, type) => sum + Object.keys(type).length, 0);
    return { name, file: relative(ROOT, path), resources };
  });
}

process.exitCode = main(process.argv.slice(2));

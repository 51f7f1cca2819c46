import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureAgentBundle } from "../build-agent/ensure-agent-bundle";
import { missingForLab } from "../lab/requirements";
import { outlineOf } from "./outline";

const ROOT = resolve(__dirname, "../..");

/** Where the details are. */
const DETAILS = join(ROOT, ".cache/start");

/** Bytes that a program may print. */
const MOST_OUTPUT = 64 * 1024 * 1024;

/** What is traced where the first packet that comes to mind, a ping, would not show what the scenario is for. */
const PACKETS: Readonly<Record<string, readonly string[]>> = { "tc-filter": ["--http"], "squid-bastion": ["--https"] };

const HELP = `npm start [-- --verbose]: everything this repository can show on this machine, without AWS

  1  builds the agent's bundle
  2  synthesizes every scenario to Terraform JSON
  3  plans each with the real Terraform and no AWS access, and walks a packet through it, out and back
  4  on Linux as root: brings each up in network namespaces and follows a real packet hop by hop

  --verbose   prints every hop; otherwise they are in .cache/start/<scenario>.txt, and only what came out is printed

It needs no credentials, and leaves nothing behind outside this folder. Next: npx cdktf deploy pass-through
`;

const NEXT = `Next:
  npm run review -- squid-bastion --html review.html     the packet's way as a drawing, and all findings
  sudo npm run lab -- trace tc-filter --udp 53           another packet, hop by hop (docs/lab.md)
  npx cdktf deploy pass-through                          into your AWS account, which bills it (README, Costs)`;

function main(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: { verbose: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const isVerbose = values.verbose === true;
  const bundle = ensureAgentBundle();
  console.log(`Agent bundle   ${relative(ROOT, bundle.path)}`);
  const synthesis = runTool("main.ts");
  process.stderr.write(synthesis.stderr);
  if (synthesis.status !== 0) {
    process.stdout.write(synthesis.stdout);
    return 1;
  }
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
  const missing = missingForLab(console.log);
  rmSync(DETAILS, { recursive: true, force: true });
  mkdirSync(DETAILS, { recursive: true });
  for (const { name } of stacks) {
    console.log(`\n== ${name}: planned by Terraform without AWS, a packet walked through the plan`);
    if (!show(name, isVerbose, "tools/review/main.ts", name)) return 1;
    if (missing.length > 0) continue;
    console.log("-- a real packet in Linux network namespaces, against the predicted hops");
    if (!show(name, isVerbose, "tools/lab/main.ts", "trace", name, ...(PACKETS[name] ?? []))) return 1;
  }
  if (missing.length > 0) console.log(["\nNo real packet was sent:", ...missing].join("\n  "));
  console.log(`\nEvery hop: ${relative(ROOT, DETAILS)}/<scenario>.txt, or npm start -- --verbose`);
  console.log(NEXT);
  return 0;
}

/** Runs a program, keeps what it says, and prints what came out: all of it where it fails. @returns whether it did not */
function show(name: string, isVerbose: boolean, program: string, ...args: string[]): boolean {
  const { status, stdout, stderr } = runTool(program, ...args);
  const isGood = status === 0;
  writeFileSync(join(DETAILS, `${name}.txt`), `${stderr}${stdout}\n`, { flag: "a" });
  if (isVerbose || !isGood) process.stdout.write(`${stderr}${stdout}`);
  else console.log(outlineOf(stdout).join("\n"));
  return isGood;
}

interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runTool(program: string, ...args: string[]): Finished {
  const { status, stdout, stderr } = spawnSync("node", ["--import", "tsx", program, ...args], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: MOST_OUTPUT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { status: status ?? 1, stdout, stderr };
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

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

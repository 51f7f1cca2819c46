import { execFile } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { ASSUMPTION_FILE } from "./assumptions";
import { OfflinePlanError } from "./offline-plan-error";

const REPOSITORY = join(__dirname, "../..");

/** Where a folder keeps the program that synthesizes its stacks. */
const PROGRAM = "main.ts";

/** What of a synthesized stack other stacks can be given, and what it has to be given. */
interface StackInterface {
  readonly output?: Readonly<Record<string, unknown>>;
  readonly variable?: Readonly<Record<string, unknown>>;
}

/** Whether a folder holds a program that synthesizes Terraform, `main.ts`, and no Terraform of its own. */
export function isProgram(directory: string): boolean {
  return (
    existsSync(join(directory, PROGRAM)) && !readdirSync(directory).some((name) => /^[^.#].*\.tf(\.json)?$/.test(name))
  );
}

/**
 * Runs a folder's program, which is code: as `cdktf synth` would, with the caller's rights.
 *
 * Several stacks become one root module that calls each, so that a packet can be walked from one into another: a variable
 * is given the output of the same name of another stack.
 *
 * @param into a directory of the caller's
 * @returns the directory to plan
 * @throws OfflinePlanError when the program fails or synthesizes nothing
 */
export async function synthesizedProgram(directory: string, into: string, signal?: AbortSignal): Promise<string> {
  const program = join(directory, PROGRAM);
  await synthesize(resolve(program), into, program, signal);
  const stacks = join(into, "stacks");
  const names = existsSync(stacks) ? readdirSync(stacks).sort() : [];
  const [only, ...more] = names;
  if (only === undefined) {
    throw new OfflinePlanError("input", `${program}: must synthesize a stack, got none; call app.synth() in it`);
  }
  const root = more.length === 0 ? join(stacks, only) : together(into, names);
  const assumed = join(directory, ASSUMPTION_FILE);
  if (existsSync(assumed)) copyFileSync(assumed, join(root, ASSUMPTION_FILE));
  return root;
}

/** Runs a program with CDKTF's output directory set. @param name of the program in errors */
export async function synthesize(program: string, into: string, name: string, signal?: AbortSignal): Promise<void> {
  await promisify(execFile)(process.execPath, ["--import", "tsx", program], {
    cwd: REPOSITORY,
    env: { ...process.env, CDKTF_OUTDIR: into },
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    const said = (error as { stderr?: string }).stderr ?? String(error);
    const reason = /^\w*Error: [^]*?(?=\n {4}at |$)/m.exec(said)?.[0] ?? said;
    throw new OfflinePlanError("configuration", `synthesis of ${name} failed\n${reason.trim()}`);
  });
}

function together(into: string, names: readonly string[]): string {
  const interfaces = names.map((name) => {
    const text = readFileSync(join(into, "stacks", name, "cdk.tf.json"), "utf8");
    return [name, JSON.parse(text) as StackInterface] as const;
  });
  const calls = interfaces.map(([name, { variable = {} }]) => {
    const given = Object.keys(variable).flatMap((input): [string, string][] => {
      const giver = interfaces.find(([other, { output = {} }]) => other !== name && input in output);
      return giver ? [[input, `\${module.${giver[0]}.${input}}`]] : [];
    });
    return [name, { source: `../stacks/${name}`, ...Object.fromEntries(given) }] as const;
  });
  const root = join(into, "together");
  mkdirSync(root, { recursive: true });
  for (const name of names) {
    const assets = join(into, "stacks", name, "assets");
    // Stacks name their assets relative to the working directory, which is the root module's.
    if (existsSync(assets)) cpSync(assets, join(root, "assets"), { recursive: true });
  }
  writeFileSync(join(root, "main.tf.json"), JSON.stringify({ module: Object.fromEntries(calls) }, null, 2));
  return root;
}

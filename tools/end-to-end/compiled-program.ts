import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { writeFileAtomically } from "../../appliance-agent/src/host/write-file-atomically";

const ROOT = join(__dirname, "../..");
const OUTPUT = join(ROOT, ".cache/e2e");

/**
 * Environment variable that is 1 where compiled programs are known to be of these sources: in a guest of `tools/kernels`, whose
 * emulated processor needs fourteen seconds to compile the agent.
 */
export const ARE_COMPILED = "GWLB_PROGRAMS_ARE_COMPILED";

const compiled = new Map<string, string[]>();

/**
 * A program of the source tree as one file: it starts in a fifth of the time that compiling it at every start takes.
 *
 * @param path of a TypeScript file, from the root
 * @returns program and arguments
 */
export function compiledProgram(path: string): string[] {
  const known = compiled.get(path);
  if (known) return known;
  const outfile = join(OUTPUT, path.replaceAll("/", "-").replace(/\.ts$/, ".cjs"));
  if (process.env[ARE_COMPILED] !== "1" || !existsSync(outfile)) compile(path, outfile);
  compiled.set(path, [process.execPath, outfile]);
  return [process.execPath, outfile];
}

function compile(path: string, outfile: string): void {
  const { outputFiles } = buildSync({
    entryPoints: [join(ROOT, path)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    mainFields: ["module", "main"],
    /* A native module, found in node_modules. */
    external: ["koffi"],
    logLevel: "error",
    write: false,
  });
  /* Another test may start the same program now. */
  writeFileAtomically(outfile, outputFiles[0]?.text ?? "");
}

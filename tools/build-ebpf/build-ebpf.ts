import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

const REPOSITORY = join(__dirname, "../..");

/** Where programs and their objects are: the agent's, the lab's load balancer, the benchmark's generator. From the repository's root. */
const DIRECTORIES = ["appliance-agent/ebpf", "tools/lab/gwlb", "bench/data-path"] as const;

/** Debian 12's compiler: another one makes another, equally valid object, which the comparison would refuse. */
const CLANG_MAJOR = 14;

/**
 * For every architecture: eBPF is little endian on both. `-mcpu=v3` (Linux 5.1) has 32-bit arithmetic; `-g` makes the BTF
 * that libbpf reads the maps from, with paths relative to the sources, so that every machine compiles the same bytes.
 */
const FLAGS = ["-O2", "-g", "-Wall", "-Wextra", "-Werror", "-target", "bpfel", "-mcpu=v3", "-fdebug-compilation-dir=."];

/** Directory of <asm/types.h>, which <linux/bpf.h> includes. */
const MULTIARCH: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: "/usr/include/x86_64-linux-gnu",
  arm64: "/usr/include/aarch64-linux-gnu",
};

/** Objects, each beside its source `.bpf.c`, from the repository's root. */
export function objectFiles(): string[] {
  return DIRECTORIES.flatMap((directory) =>
    readdirSync(join(REPOSITORY, directory))
      .filter((name) => name.endsWith(".bpf.c"))
      .map((name) => join(directory, `${name.slice(0, -1)}o`))
      .sort(),
  );
}

/**
 * Compiles every program.
 *
 * @param into a directory that gets the objects under their paths from the repository's root
 * @throws Error when the compiler is another one or refuses
 */
export function buildEbpf(into: string = REPOSITORY): void {
  requireCompiler();
  for (const file of objectFiles()) compile(join(REPOSITORY, `${file.slice(0, -1)}c`), join(into, file));
}

/** Compiles one program. @throws Error when the compiler refuses */
export function compile(source: string, object: string): void {
  const include = MULTIARCH[process.arch];
  const includes = include === undefined ? [] : ["-I", include];
  // In the source's own directory, so that no path of this machine gets into an object.
  const cwd = dirname(source);
  mkdirSync(dirname(object), { recursive: true });
  run("clang", [...FLAGS, ...includes, "-c", basename(source), "-o", object], cwd);
  run("llvm-strip", ["-g", object], cwd); // DWARF goes, BTF stays
}

/** Objects that differ from what their source compiles to. */
export function staleObjects(): string[] {
  const directory = mkdtempSync(join(tmpdir(), "build-ebpf-"));
  try {
    buildEbpf(directory);
    return objectFiles().filter((file) => {
      const committed = join(REPOSITORY, file);
      return !existsSync(committed) || !readFileSync(committed).equals(readFileSync(join(directory, file)));
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function requireCompiler(): void {
  const version = /version (\d+)/.exec(run("clang", ["--version"]))?.[1];
  if (Number(version) !== CLANG_MAJOR)
    throw new Error(
      `build-ebpf: needs clang ${CLANG_MAJOR}, got ${version}; use Debian 12: apt-get install clang llvm libbpf-dev`,
    );
}

function run(command: string, parameters: readonly string[], cwd = REPOSITORY): string {
  return execFileSync(command, parameters, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

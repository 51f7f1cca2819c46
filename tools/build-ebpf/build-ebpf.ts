import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where the programs and their objects are. */
export const EBPF_DIRECTORY = join(__dirname, "../../appliance-agent/ebpf");

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

/** Names of the programs' sources, without `.bpf.c`. */
export function programNames(): string[] {
  return readdirSync(EBPF_DIRECTORY)
    .filter((name) => name.endsWith(".bpf.c"))
    .map((name) => name.slice(0, -".bpf.c".length))
    .sort();
}

/** Compiles every program into a directory. @throws Error when the compiler is another one or refuses */
export function buildEbpf(directory: string): void {
  requireCompiler();
  for (const name of programNames()) {
    const object = join(directory, `${name}.bpf.o`);
    const include = MULTIARCH[process.arch];
    const includes = include === undefined ? [] : ["-I", include];
    run("clang", [...FLAGS, ...includes, "-c", `${name}.bpf.c`, "-o", object]);
    run("llvm-strip", ["-g", object]); // DWARF goes, BTF stays
  }
}

/** Names of objects that differ from what their source compiles to. */
export function staleObjects(): string[] {
  const directory = mkdtempSync(join(tmpdir(), "build-ebpf-"));
  try {
    buildEbpf(directory);
    return programNames().filter((name) => {
      const committed = join(EBPF_DIRECTORY, `${name}.bpf.o`);
      return !existsSync(committed) || !readFileSync(committed).equals(readFileSync(join(directory, `${name}.bpf.o`)));
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

/** In the programs' directory, so that no path of this machine gets into an object. */
function run(command: string, parameters: readonly string[]): string {
  return execFileSync(command, parameters, {
    cwd: EBPF_DIRECTORY,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { encodeCpio } from "./cpio";
import { EARLY_MODULES } from "./guest";
import { run } from "./run";
import { libraryPath } from "./virtual-machine";

/** A kernel that can be booted. */
export interface KernelImage {
  /** Directory of the unpacked package. */
  readonly directory: string;
  /** As `uname -r` says it. */
  readonly release: string;
  /** Path of the compressed kernel. */
  readonly kernel: string;
}

/** Finds the kernel in an unpacked package, and makes the index of its modules, which the package leaves to its installation. */
export function kernelImage(directory: string, tools: string): KernelImage {
  const [release] = readdirSync(join(directory, "lib/modules"));
  if (release === undefined) throw new Error(`kernels: no modules, got an empty ${join(directory, "lib/modules")}`);
  if (!existsSync(join(directory, "lib/modules", release, "modules.dep")))
    kmod(tools, "depmod", "-b", directory, release);
  return { directory, release, kernel: join(directory, "boot", `vmlinuz-${release}`) };
}

/**
 * Writes the archive that the kernel starts from: busybox, the modules that must be there early, and `init`.
 *
 * @param tools directory of the unpacked busybox and kmod
 */
export function writeInitrd(path: string, image: KernelImage, tools: string, init: string): void {
  const busybox = join(tools, "bin/busybox");
  const modules = earlyModules(image, tools).map((file, index) => ({
    path: `modules/${String(index).padStart(2, "0")}-${basename(file).replace(/\.xz$/, "")}`,
    mode: 0o644,
    content: file.endsWith(".xz") ? run(busybox, ["unxz", "-c", file]) : readFileSync(file),
  }));
  const directories = ["bin", "modules"].map((directory) => ({ path: directory, mode: 0o755 }));
  const programs = [
    { path: "bin/busybox", mode: 0o755, content: readFileSync(busybox) },
    { path: "init", mode: 0o755, content: Buffer.from(init) },
  ];
  writeFileSync(path, encodeCpio([...directories, ...programs, ...modules]));
}

/** Paths of {@link EARLY_MODULES} and of what they need, in the order of loading; built-in ones have none. */
function earlyModules({ directory, release }: KernelImage, tools: string): string[] {
  const text = kmod(tools, "modprobe", "-d", directory, "-S", release, "--show-depends", "-a", ...EARLY_MODULES);
  return [...new Set([...text.matchAll(/^insmod (\S+)/gm)].map(([, file = ""]) => file))];
}

/** kmod is what it is called. */
function kmod(tools: string, name: string, ...parameters: string[]): string {
  const env = { ...process.env, LD_LIBRARY_PATH: libraryPath(tools) };
  return run(join(tools, "bin/kmod"), parameters, { argv0: name, env }).toString();
}

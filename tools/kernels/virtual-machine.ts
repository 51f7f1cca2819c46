import { spawn } from "node:child_process";
import { join } from "node:path";

/** What is booted. */
export interface VirtualMachine {
  /** Directory of the unpacked QEMU. */
  readonly qemu: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
}

/** Characters of console that are kept. */
const MAX_CONSOLE = 16 * 1024 * 1024;

/** Characters of console that an error shows. */
const SHOWN_CONSOLE = 3000;

/**
 * Boots a kernel in QEMU without KVM, with this machine's files read-only as 9p `host`, until it powers off.
 *
 * @returns everything on its console
 * @throws Error when it does not end in time, or QEMU cannot run
 */
export function boot({ qemu, kernel, initrd, memoryMegabytes, timeoutSeconds }: VirtualMachine): Promise<string> {
  const share = ["-L", join(qemu, "usr/share/qemu"), "-L", join(qemu, "usr/share/seabios")];
  // Two that are emulated wait for each other's locks where this machine has not one for each; but per-CPU maps have values of two.
  const processor = ["-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "1,maxcpus=2"];
  const bare = ["-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot"];
  const files = "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap";
  const image = ["-kernel", kernel, "-initrd", initrd, "-append", "console=ttyS0 panic=-1 quiet"];
  return new Promise((done, fail) => {
    const child = spawn(
      join(qemu, "usr/bin/qemu-system-x86_64"),
      [...share, ...processor, "-m", String(memoryMegabytes), ...bare, "-virtfs", files, ...image],
      { env: { ...process.env, LD_LIBRARY_PATH: libraryPath(qemu) }, stdio: ["ignore", "pipe", "pipe"] },
    );
    let console = "";
    const keep = (chunk: Buffer) => (console = (console + chunk.toString("latin1")).slice(-MAX_CONSOLE));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const late = setTimeout(() => child.kill("SIGKILL"), timeoutSeconds * 1000);
    child.once("error", fail);
    child.once("close", (code, signal) => {
      clearTimeout(late);
      const shown = console.slice(-SHOWN_CONSOLE);
      if (code === 0) done(console);
      else if (signal === "SIGKILL") fail(new Error(`kernels: no end within ${timeoutSeconds} s, got:\n${shown}`));
      else fail(new Error(`kernels: QEMU ended with ${String(code ?? signal)}, got:\n${shown}`));
    });
  });
}

/** Directories of the libraries that came with unpacked packages. */
export function libraryPath(directory: string): string {
  const triplet = "x86_64-linux-gnu";
  return [join(directory, "usr/lib", triplet), join(directory, "lib", triplet)].join(":");
}

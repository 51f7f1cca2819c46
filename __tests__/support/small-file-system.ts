import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system that is soon full. */
export interface SmallFileSystem {
  readonly directory: string;
  /** Leaves room for so many bytes, in pages of 4096. */
  leave(bytes: number): void;
}

const SIZE = 256 * 1024;
const PAGE = 4096;

/** Mounts one, and removes it whatever happens. @param directory of the mount @default - a fresh one, removed too */
export async function withSmallFileSystem<T>(
  body: (fileSystem: SmallFileSystem) => Promise<T> | T,
  directory?: string,
): Promise<T> {
  const at = directory ?? mkdtempSync(join(tmpdir(), "small-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", at]);
  const filler = join(at, "filler");
  try {
    return await body({
      directory: at,
      leave: (bytes) => {
        rmSync(filler, { force: true });
        const free = Number(execFileSync("stat", ["-f", "-c", "%f", at], { encoding: "utf8" })) * PAGE;
        writeFileSync(filler, Buffer.alloc(Math.max(0, free - bytes)));
      },
    });
  } finally {
    /* Lazily: an agent that has not ended yet must not keep the next test from a clean machine. */
    execFileSync("umount", ["--lazy", at]);
    if (directory === undefined) rmSync(at, { recursive: true });
  }
}

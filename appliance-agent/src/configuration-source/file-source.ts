import { createHash } from "node:crypto";
import { watch } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { MAX_CONFIGURATION_BYTES, type ConfigurationSource } from "./configuration-source";

/** A change is looked for this often, for file systems that tell nothing (NFS, some overlays). */
const POLL_MS = 2000;

/** An editor or `install` writes more than once; the file is read when it has been quiet this long. */
const QUIET_MS = 100;

/** A configuration in a local file, replaced in place or by rename. */
export function fileSource(path: string): ConfigurationSource {
  return {
    name: path,
    async read(revision) {
      const text = await readText(path);
      const found = createHash("sha256").update(text).digest("hex");
      return found === revision ? undefined : { text, revision: found };
    },
    watch(changed, signal) {
      let quiet: NodeJS.Timeout | undefined;
      const settle = () => {
        clearTimeout(quiet);
        quiet = setTimeout(changed, QUIET_MS);
      };
      const poll = setInterval(changed, POLL_MS);
      signal.addEventListener("abort", () => {
        clearTimeout(quiet);
        clearInterval(poll);
      });
      watchDirectory(path, settle, signal);
    },
  };
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_CONFIGURATION_BYTES)
      throw new Error(`more than ${MAX_CONFIGURATION_BYTES} bytes, got ${size}; write fewer rules with wider CIDRs`);
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new Error(
      code === "ENOENT" ? `${path}: no such file; write it, or name another with --config` : `${path}: ${message}`,
      { cause },
    );
  }
}

/** The directory is watched, not the file: a rename over the file would leave the watch on the old one. */
function watchDirectory(path: string, changed: () => void, signal: AbortSignal): void {
  try {
    watch(dirname(path), { signal }, (_, name) => {
      if (name === null || name === basename(path)) changed();
    }).on("error", () => undefined /* the poll goes on */);
  } catch {
    /* The directory does not exist yet, or inotify has no room: the poll finds the file. */
  }
}

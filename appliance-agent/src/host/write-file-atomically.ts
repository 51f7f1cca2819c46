import { closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** What to do about an error number; the others name their own. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "make room on its file system",
  EDQUOT: "make room on its file system",
  EROFS: "mount its file system for writing",
};

/**
 * Replaces a file so that a reader, also one after a power failure, finds the old text or the new one, and whole.
 *
 * @param mode of the file, whatever the umask @default 0600
 * @throws Error when it cannot be written, on a full disk say: the file is as it was, and nothing else is left there
 */
export function writeFileAtomically(path: string, text: string, mode = 0o600): void {
  const temporary = `${path}.${process.pid}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeDurably(temporary, text, mode);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    const { code = "", message } = cause as NodeJS.ErrnoException;
    const remedy = REMEDIES[code] ?? "let this process write in its directory";
    throw new Error(`${path}: cannot be written, got '${message}'; ${remedy}, until then it stays as it was`, {
      cause,
    });
  }
}

function writeDurably(path: string, text: string, mode: number): void {
  const fd = openSync(path, "w", 0o600);
  try {
    fchmodSync(fd, mode);
    /* Not writeSync: write(2) of what does not fit writes what does, and tells no error before the next one. */
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

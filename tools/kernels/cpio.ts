/** A file, or with `directory` a directory, of an archive. */
export interface CpioEntry {
  /** Without a leading slash. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** @default - a directory */
  readonly content?: Uint8Array;
}

const REGULAR = 0o100000;
const DIRECTORY = 0o040000;

/**
 * Encodes an archive as the kernel unpacks it at boot.
 *
 * @see https://docs.kernel.org/driver-api/early-userspace/buffer-format.html, "newc"
 */
export function encodeCpio(entries: readonly CpioEntry[]): Buffer {
  const members = entries.map(({ path, mode, content }, index) =>
    member(path, index + 1, mode | (content === undefined ? DIRECTORY : REGULAR), content ?? new Uint8Array()),
  );
  return Buffer.concat([...members, member("TRAILER!!!", 0, 0, new Uint8Array())]);
}

function member(path: string, inode: number, mode: number, content: Uint8Array): Buffer {
  /* ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check */
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, Buffer.byteLength(path) + 1, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}${path}\0`);
  return Buffer.concat([padded(header), padded(content)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, new Uint8Array((4 - (bytes.length % 4)) % 4)]);
}

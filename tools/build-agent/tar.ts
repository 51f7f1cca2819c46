/** One regular file of an archive. */
export interface TarFile {
  /** With `/`, relative; at most 100 bytes of ASCII. */
  readonly path: string;
  readonly content: Uint8Array;
  /** @default false */
  readonly executable?: boolean;
}

/** Of a POSIX tar archive: headers and contents are padded to this many bytes. */
const BLOCK_BYTES = 512;

/** 1980-01-01, the oldest time that every archiver and file system accepts; the same in every archive. */
const MODIFIED_SECONDS = 315_532_800;

/**
 * A POSIX ustar archive that depends on nothing but its files: sorted by path, one owner, one time.
 *
 * Not compressed: zlib's output differs from one platform and version to another, and with it the SHA-256.
 *
 * @throws Error when a path does not fit, or stands there twice
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06, "ustar Interchange Format"
 */
export function writeTar(files: readonly TarFile[]): Buffer {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const twice = sorted.find(({ path }, at) => path === sorted[at + 1]?.path);
  if (twice) throw new Error(`tar: two files with one path, got '${twice.path}'; keep one of them`);
  const blocks = sorted.flatMap((file) => [header(file), file.content, padding(file.content.length)]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]);
}

/**
 * The regular files of a ustar archive, in its order.
 *
 * @throws Error when the archive is cut short
 */
export function readTar(archive: Buffer): TarFile[] {
  const files: TarFile[] = [];
  for (let at = 0; at + BLOCK_BYTES <= archive.length && archive[at] !== 0;) {
    const text = (from: number, length: number) =>
      archive.toString("latin1", at + from, at + from + length).replace(/\0.*$/s, "");
    const size = parseInt(text(124, 12), 8);
    const content = archive.subarray(at + BLOCK_BYTES, at + BLOCK_BYTES + size);
    if (content.length !== size)
      throw new Error(`tar: cut short in '${text(0, 100)}', got ${archive.length} bytes; fetch it again`);
    const path = [text(345, 155), text(0, 100)].filter(Boolean).join("/");
    if (["", "0"].includes(text(156, 1)))
      files.push({ path, content, executable: (parseInt(text(100, 8), 8) & 0o100) !== 0 });
    at += BLOCK_BYTES + size + padding(size).length;
  }
  return files;
}

function header({ path, content, executable }: TarFile): Buffer {
  if (!/^[\x21-\x7e]{1,100}$/.test(path))
    throw new Error(`tar: paths have 1 to 100 ASCII characters without spaces, got '${path}'; rename it`);
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, digits: number) => block.write(value.toString(8).padStart(digits, "0"), at);
  block.write(path, 0);
  octal(executable ? 0o755 : 0o644, 100, 7);
  octal(0, 108, 7); // uid: root
  octal(0, 116, 7); // gid: root
  octal(content.length, 124, 11);
  octal(MODIFIED_SECONDS, 136, 11);
  block.write("        0", 148); // eight blanks where the checksum goes, then the type: a regular file
  block.write("ustar\u000000", 257);
  block.write("root", 265);
  block.write("root", 297);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  block[154] = 0;
  return block;
}

function padding(length: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (length % BLOCK_BYTES)) % BLOCK_BYTES);
}

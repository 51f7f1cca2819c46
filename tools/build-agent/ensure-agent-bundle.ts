import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The agent's archive on disk. */
export interface BuiltArchive {
  /** Absolute path of the .tar file. */
  readonly path: string;
  /** Of its bytes, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** Which sources the archive on disk was built from. */
interface BuildRecord {
  readonly sources: string;
  readonly sha256: string;
}

/** Everything that decides the archive's bytes. What is in node_modules stands in npm's own lock file there. */
const SOURCES = [
  "appliance-agent",
  "tools/build-agent",
  "package.json",
  "package-lock.json",
  "node_modules/.package-lock.json",
  "LICENSE",
];

/**
 * The agent's archive, built anew if anything it is made of has changed since: a stale one is never deployed.
 *
 * @param root folder with package-lock.json
 * @throws Error when it cannot be built
 */
export function ensureAgentBundle(root = join(__dirname, "..", "..")): BuiltArchive {
  const built = readRecord(root);
  if (built?.sources === hashSources(root) && isWhole(archivePath(root, built.sha256), built.sha256)) {
    return { path: archivePath(root, built.sha256), sha256: built.sha256 };
  }
  // In a process of its own: esbuild's plugins need an asynchronous build, and cdktf's program is synchronous.
  const argv = ["--import", "tsx", join(root, "tools/build-agent/main.ts")];
  const { status, stderr, error } = spawnSync(process.execPath, argv, { cwd: root, encoding: "utf8" });
  const now = readRecord(root);
  if (status !== 0 || !now) {
    throw new Error(`build-agent: failed, got '${(error?.message ?? stderr).trim()}'; see npm run build:agent`);
  }
  return { path: archivePath(root, now.sha256), sha256: now.sha256 };
}

/**
 * Stores an archive under its SHA-256 and remembers the sources that it was made of. The archive before stays, for whoever
 * was told of it and reads it now; older ones go.
 *
 * @param sources what {@link hashSources} returned before the build: a file that changed during it is noticed next time
 */
export function storeArchive(root: string, sources: string, archive: Buffer): BuiltArchive {
  const record: BuildRecord = { sources, sha256: sha256(archive) };
  const path = archivePath(root, record.sha256);
  const before = readRecord(root)?.sha256;
  mkdirSync(dirname(path), { recursive: true });
  // The record last: without it, or with an old one, the archive is built again.
  replaceFile(path, archive);
  replaceFile(recordPath(root), `${JSON.stringify(record, null, 2)}\n`);
  for (const name of readdirSync(folder(root))) {
    const old = /^[0-9a-f]{64}$/.test(name) && name !== record.sha256 && name !== before;
    if (old) rmSync(join(folder(root), name), { recursive: true, force: true });
  }
  return { path, sha256: record.sha256 };
}

/** SHA-256 of every file that decides the archive's bytes, with its path. */
export function hashSources(root: string): string {
  const hash = createHash("sha256");
  for (const path of SOURCES.flatMap((source) => filesBelow(root, source)).sort()) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** Whether a file of the program, relative to the root, is one of those that {@link hashSources} reads. */
export function isWatchedSource(path: string): boolean {
  return (
    /(^|\/)node_modules\//.test(path) || SOURCES.some((source) => path === source || path.startsWith(`${source}/`))
  );
}

function filesBelow(root: string, path: string): string[] {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  if (!found) return [];
  if (!found.isDirectory()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => filesBelow(root, `${path}/${name}`));
}

function folder(root: string): string {
  return join(root, "dist", "agent");
}

function archivePath(root: string, sha256: string): string {
  return join(folder(root), sha256, "gwlb-agent.tar");
}

function recordPath(root: string): string {
  return join(folder(root), "built.json");
}

function isWhole(path: string, expected: string): boolean {
  return existsSync(path) && sha256(readFileSync(path)) === expected;
}

function readRecord(root: string): BuildRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordPath(root), "utf8")) as BuildRecord;
  } catch {
    return undefined; // never built, or built.json is damaged: build
  }
}

function replaceFile(path: string, content: string | Buffer): void {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, path);
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isWatchedSource } from "./ensure-agent-bundle";
import { KOFFI_PLATFORMS, koffiBinary } from "./koffi-binary";
import { notices } from "./notices";
import { bundleProgram } from "./program";
import { writeTar, type TarFile } from "./tar";

/** Where the parts of the archive come from. */
export interface ArchiveSources {
  /** Absolute path of the folder with package-lock.json, `node_modules` and `appliance-agent`. */
  readonly root: string;
  /** The program, relative to the root. @default "appliance-agent/src/main.ts" */
  readonly entry?: string;
}

/** Of the archive: more would slow down every boot, and S3 would want it in parts. */
const LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * The agent's archive for every machine: x86-64 and arm64, appliance and bastion.
 *
 * @throws Error when it is larger than 8 MB
 */
export async function buildArchive({ root, entry = "appliance-agent/src/main.ts" }: ArchiveSources): Promise<Buffer> {
  const { code, inputs } = await bundleProgram(root, entry);
  const unwatched = inputs.find((path) => !isWatchedSource(path));
  if (unwatched) {
    throw new Error(
      `agent archive: a change of every source must lead to a new archive, got ${unwatched}; add it to SOURCES`,
    );
  }
  const cache = join(root, ".cache", "koffi");
  const archive = writeTar([
    { path: "bin/gwlb-agent", content: readFileSync(join(__dirname, "gwlb-agent.sh")), executable: true },
    { path: "gwlb-agent.cjs", content: code },
    ...KOFFI_PLATFORMS.map((platform) => ({
      path: `koffi/${platform}.node`,
      content: koffiBinary(root, cache, platform),
    })),
    ...folder(root, "appliance-agent/ebpf", ".o", "ebpf"),
    ...folder(root, "appliance-agent/systemd", "", "systemd"),
    { path: "LICENSE", content: readFileSync(join(root, "LICENSE")) },
    { path: "NOTICES", content: Buffer.from(notices(root, inputs, ["koffi"])) },
  ]);
  if (archive.length > LIMIT_BYTES) {
    throw new Error(
      `agent archive: at most ${LIMIT_BYTES} bytes, got ${archive.length}; see what it holds with tar --list --verbose`,
    );
  }
  return archive;
}

function folder(root: string, source: string, suffix: string, target: string): TarFile[] {
  const path = join(root, source);
  const names = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith(suffix)) : [];
  return names.map((name) => ({ path: `${target}/${name}`, content: readFileSync(join(path, name)) }));
}

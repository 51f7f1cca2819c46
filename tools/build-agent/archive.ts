import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isWatchedSource } from "./ensure-agent-bundle";
import { KOFFI_PLATFORMS, koffiBinary } from "./koffi-binary";
import { notices } from "./notices";
import { bundleProgram } from "./program";
import { writeTar } from "./tar";

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
  const files = new Map<string, Uint8Array>([
    ["bin/gwlb-agent", readFileSync(join(__dirname, "gwlb-agent.sh"))],
    ["gwlb-agent.cjs", code],
    ...KOFFI_PLATFORMS.map((platform) => [`koffi/${platform}.node`, koffiBinary(root, cache, platform)] as const),
    ...filesBelow(root, "appliance-agent/ebpf").filter(([path]) => path.endsWith(".o")),
    ...filesBelow(root, "appliance-agent/systemd"),
    ["LICENSE", readFileSync(join(root, "LICENSE"))],
    ["NOTICES", Buffer.from(notices(root, inputs, ["koffi"]))],
  ]);
  const archive = writeTar([...files].map(([path, content]) => ({ path, content, executable: isScript(content) })));
  if (archive.length > LIMIT_BYTES) {
    throw new Error(
      `agent archive: at most ${LIMIT_BYTES} bytes, got ${archive.length}; see what it holds with tar --list --verbose`,
    );
  }
  return archive;
}

/** The files of a folder of the agent, by their path in the archive. */
function filesBelow(root: string, folder: string): [path: string, content: Buffer][] {
  const found = existsSync(join(root, folder)) ? readdirSync(join(root, folder), { withFileTypes: true }) : [];
  return found.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(root, path);
    return [[path.replace("appliance-agent/", ""), readFileSync(join(root, path))]];
  });
}

/** By content, not by mode: some file systems have no modes. */
function isScript(content: Uint8Array): boolean {
  return content[0] === 0x23 && content[1] === 0x21; // "#!"
}

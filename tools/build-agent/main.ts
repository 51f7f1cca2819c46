import { join, relative } from "node:path";
import { buildArchive } from "./archive";
import { hashSources, storeArchive } from "./ensure-agent-bundle";

const root = join(__dirname, "..", "..");

async function main(): Promise<void> {
  const sources = hashSources(root);
  const archive = await buildArchive({ root });
  const { path, sha256 } = storeArchive(root, sources, archive);
  console.log(`${relative(root, path)}\n${String(archive.length)} bytes, SHA-256 ${sha256}`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});

import { join, relative } from "node:path";
import { buildArchive } from "./archive";
import { hashSources, storeArchive } from "./ensure-agent-bundle";

const root = join(__dirname, "..", "..");

const HELP = `npm run build:agent: makes the archive that appliances and bastions run, in dist/agent/<SHA-256>/

Same sources, same bytes. Prints the archive's path, size and SHA-256. npm run synth does it by itself when sources have changed.
`;

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(HELP);
    return;
  }
  const sources = hashSources(root);
  const archive = await buildArchive({ root });
  const { path, sha256 } = storeArchive(root, sources, archive);
  console.log(`${relative(root, path)}\n${String(archive.length)} bytes, SHA-256 ${sha256}`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});

import { join } from "node:path";
import { build, type Plugin } from "esbuild";

/** The agent's program as one file, and what went into it. */
export interface BundledProgram {
  /** CommonJS for Node 20 and later, on Linux. */
  readonly code: Uint8Array;
  /** Paths of the source files, relative to the root, with `/`. */
  readonly inputs: readonly string[];
}

/**
 * Bundles a program with everything it imports.
 *
 * Not minified: Node prints the line that threw, and a minified program is one line of a megabyte. The same sources give
 * the same bytes on every platform: nothing in the output depends on where the sources are.
 *
 * @param root folder that contains `node_modules`
 * @param entry program, relative to the root
 */
export async function bundleProgram(root: string, entry: string): Promise<BundledProgram> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    target: "node20",
    mainFields: ["module", "main"], // a UMD `main` hides its imports: "Cannot find module './impl/format'" (jsonc-parser)
    format: "cjs",
    charset: "utf8",
    legalComments: "none", // NOTICES has the licences, whole
    tsconfigRaw: {},
    preserveSymlinks: true, // a linked node_modules would put its own path into the output
    plugins: [koffiFromArchive(root)],
    metafile: true,
    write: false,
    outfile: "gwlb-agent.cjs",
    logLevel: "silent",
  });
  const [program] = outputFiles;
  if (!program) throw new Error(`${entry}: esbuild made no file, got none; see its messages`);
  return { code: program.contents, inputs: Object.keys(metafile.inputs).sort() };
}

/** Lets koffi find its prebuilt library where the archive has it: `koffi/<platform>.node` beside the program. */
function koffiFromArchive(root: string): Plugin {
  return {
    name: "koffi-from-archive",
    setup({ onResolve, onLoad }) {
      // The CommonJS one, also for `import`: the other finds its files by import.meta, which a CommonJS bundle has not.
      onResolve({ filter: /^koffi$/ }, () => ({ path: join(root, "node_modules/koffi/index.cjs") }));
      onLoad({ filter: /[\\/]koffi[\\/]src[\\/]static\.cjs$/ }, () => ({
        contents: `exports.loadStatic = (platform) => require(require("node:path").join(__dirname, "koffi", platform + ".node"));`,
      }));
    },
  };
}

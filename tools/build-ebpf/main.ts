import { buildEbpf, objectFiles, staleObjects } from "./build-ebpf";

/** `--check`: exit status 1 when a committed object is not what its source compiles to. */
if (process.argv.includes("--check")) {
  const stale = staleObjects();
  for (const file of stale)
    console.error(`build-ebpf: ${file} differs from what its source compiles to; run npm run build:ebpf`);
  if (stale.length > 0) process.exitCode = 1;
  else console.log(`build-ebpf: ${objectFiles().length} objects are what their sources compile to`);
} else {
  buildEbpf();
  console.log(`build-ebpf: wrote ${objectFiles().join(", ")}`);
}

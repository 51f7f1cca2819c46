import { EBPF_DIRECTORY, buildEbpf, programNames, staleObjects } from "./build-ebpf";

/** `--check`: exit status 1 when a committed object is not what its source compiles to. */
if (process.argv.includes("--check")) {
  const stale = staleObjects();
  for (const name of stale)
    console.error(`build-ebpf: ${name}.bpf.o differs from what its source compiles to; run npm run build:ebpf`);
  if (stale.length > 0) process.exitCode = 1;
  else console.log(`build-ebpf: ${programNames().length} objects are what their sources compile to`);
} else {
  buildEbpf(EBPF_DIRECTORY);
  console.log(`build-ebpf: wrote ${programNames().length} objects to ${EBPF_DIRECTORY}`);
}

// What programs without options of their own answer to --help, by path: some would otherwise run for minutes, or write.

/** @type {Readonly<Record<string, string>>} */
export const USAGE = {
  "main.ts": `npm run synth: writes the Terraform JSON of every scenario to cdktf.out/stacks/<scenario>/cdk.tf.json

gwlb.yaml configures it; GWLB_CONFIG=path names another file.
Example: GWLB_CONFIG=mine.yaml npm run synth`,
  "tools/build-ebpf/main.ts": `npm run build:ebpf [-- --check]: compiles every *.bpf.c with clang and writes the objects that are committed beside them

  --check   writes nothing; exit code 1 when an object is not what its source compiles to
Example: npm run build:ebpf -- --check`,
  "tools/build-modules/main.ts": `npm run build:modules: writes plain Terraform modules to dist/terraform-modules/<name>/, one a scenario and one a part

Each has a README with its inputs and outputs. Next: examples/plain-terraform/README.md
Example: npm run build:modules && npm run review -- examples/plain-terraform`,
  "tools/kernels/main.ts": `npm run test:kernels [-- 6.1 | 6.12]: loads the programs under Debian's kernels in QEMU, and sends packets through them

Linux on x64; about 80 s a kernel. docs/kernels.md says what is run.
Example: npm run test:kernels -- 6.1`,
  "tools/fuzz/main.ts": `npm run fuzz [-- PACKETS [SEED]]: mutated packets through every program, then a flood of them at a running agent

As root; 10,000,000 packets take some minutes. What breaks an invariant is printed with its seed.
Example: npm run fuzz -- 100000 7`,
  "bench/data-path/main.ts": `npm run bench [-- options] [hairpin] [routed] [rules]: packets per second and processor time per packet, as Markdown tables

  --quick       2 sizes and 1,000 flows instead of 3 sizes and 1 to 1,000,000 flows
  --bytes N     only this size of the inner packet, 62 or more; can be repeated
  --flows N     only this number of flows; can be repeated
  --rounds N    rounds, of which the median counts; 3
  --seconds N   of each measurement; 0.5
As root, with two processors or more. GWLBTUN=/path/to/gwlbtun measures AWS's tunnel handler in turns with it.
Example: npm run bench -- --quick hairpin`,
  "bench/rules.ts": `npm run bench:rules [-- ROUNDS]: nanoseconds per packet by the number of rules, 1 to 65,536; as root. 15 rounds
Example: npm run bench:rules -- 5`,
  "bench/synth.ts": `npm run bench:synth [-- RUNS]: processor time of a synthesis, ours and cdktf's own ways. 5 runs
Example: npm run bench:synth -- 3`,
  "bench/proxy-bridge.ts": `npm run bench:proxy-bridge [-- ROUNDS]: requests per second through the bridge and to Squid alone; as root. 5 rounds
Example: npm run bench:proxy-bridge -- 3`,
  "bench/boot.ts": `npm run bench:boot [-- ROUNDS]: milliseconds from the bundle to the first packet forwarded; as root. 5 rounds
Example: npm run bench:boot -- 3`,
  "bench/flow-memory.ts": `npm run bench:flow-memory: kernel memory of a remembered flow; as root
Example: npm run bench:flow-memory`,
};

/** One part of `npm test`. */
export interface Step {
  readonly name: string;
  readonly about: string;
  readonly command: readonly [string, ...string[]];
  /** Whether the command is jest, whose tests are counted one by one; any other step counts as one. */
  readonly jest: boolean;
}

/** As package.json's scripts run it, so that CI notices when those fail. */
const script = (...args: string[]): [string, ...string[]] => ["node", "tools/setup/bootstrap.mjs", ...args];
const jestOf = (...args: string[]): [string, ...string[]] => ["node", "node_modules/jest/bin/jest.js", ...args];

/** Names of test files, as regular expressions. */
const NETNS = "\\.netns\\.test\\.ts$";
const ALONE = "\\.alone\\.netns\\.test\\.ts$";

/** Everything that `npm test` runs, in this order; all of it runs even when something has failed. */
export const STEPS: readonly Step[] = [
  {
    name: "check",
    about: "formatting, lint, types",
    command: ["npm", "run", "--silent", "check"],
    jest: false,
  },
  { name: "agent", about: "the agent's bundle", command: script("tools/build-agent/main.ts"), jest: false },
  {
    name: "ebpf",
    about: "the committed eBPF objects are what their sources compile to",
    command: script("tools/build-ebpf/main.ts", "--check"),
    jest: false,
  },
  {
    name: "unit",
    about: "tests without root",
    command: jestOf("--testPathIgnorePatterns", NETNS),
    jest: true,
  },
  {
    name: "netns",
    about: "tests in network namespaces, two files at a time",
    command: jestOf("--testPathPatterns", NETNS, "--testPathIgnorePatterns", ALONE),
    jest: true,
  },
  {
    name: "netns-alone",
    about: "those that measure, flood or change the machine, nothing beside them",
    command: jestOf("--testPathPatterns", ALONE, "--runInBand"),
    jest: true,
  },
  {
    name: "kernels",
    about: "objects, verdicts and one end-to-end case under Debian's 6.1 and 6.12",
    command: script("tools/kernels/main.ts"),
    jest: false,
  },
  {
    name: "cdk-terrain",
    about: "the same resources under CDK Terrain's packages",
    command: ["env", "CDK_TERRAIN=1", ...jestOf("cdk-terrain")],
    jest: true,
  },
  { name: "synth", about: "every scenario to Terraform JSON", command: script("main.ts"), jest: false },
  ...["pass-through", "tc-filter", "squid-bastion"].map((stack): Step => ({
    name: `review-${stack}`,
    about: `a packet walked through ${stack}, nothing to warn of`,
    command: script("tools/review/main.ts", stack, "--fail-on", "warning"),
    jest: false,
  })),
];

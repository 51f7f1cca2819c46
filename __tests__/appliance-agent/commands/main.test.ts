import { spawnSync } from "node:child_process";
import { compiledProgram } from "../../../tools/end-to-end/compiled-program";

const run = (...argv: string[]) => {
  const [program = "", ...rest] = compiledProgram("appliance-agent/src/main.ts");
  return spawnSync(program, [...rest, ...argv], { encoding: "utf8" });
};

const overview = run("--help").stdout;
const names = [...overview.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map(([, name]) => name as string);

test("lists the commands of the design", () => {
  expect(names).toEqual([
    "run",
    "check",
    "status",
    "endpoints",
    "flows",
    "rules",
    "drops",
    "explain",
    "capture",
    "proxy-bridge",
    "unload",
  ]);
});

test.each(names)("%s explains itself, with an example of its own", (name) => {
  const { status, stdout } = run(name, "--help");
  expect(status).toBe(0);
  expect(stdout).toContain(`usage: gwlb-agent ${name}`);
  expect(stdout).toMatch(new RegExp(`^ {2}(.* \\| )?gwlb-agent ${name}\\b`, "m"));
});

test.each(names.filter((name) => name !== "check" && name !== "explain" && name !== "proxy-bridge"))(
  "%s names the capabilities that it lacks",
  (name) => {
    const [program = "", ...rest] = compiledProgram("appliance-agent/src/main.ts");
    const unprivileged = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"];
    const argv = process.getuid?.() === 0 ? [...unprivileged, program, ...rest] : [program, ...rest];
    const { status, stderr } = spawnSync(argv[0] ?? "", [...argv.slice(1), name], { encoding: "utf8" });
    expect(stderr).toMatch(
      new RegExp(
        `^${name}: needs .*CAP_BPF.*, got a process without .*CAP_BPF.*; run it with sudo, or in a unit with AmbientCapabilities=`,
      ),
    );
    expect(status).toBe(4);
  },
);

test("a command line that is wrong ends with 2 and says where help is", () => {
  const { status, stderr } = run("explain", "tcp");
  expect([status, stderr]).toEqual([
    2,
    "explain: needs <protocol> <source> <destination>, got 1 arguments; see 'gwlb-agent explain --help'\n",
  ]);
});

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { directoryOf, labPrefix, readLabs, remainsOf, removeLab } from "../../../tools/lab/lifecycle/lab-directory";
import { eventually } from "../../support/namespaces";
import { TEST_TIMEOUT_MS, whereMachinesRun } from "./running-lab";

const COMMAND = ["--import", "tsx", "tools/lab/main.ts"];

/* Labs of other tests remove left-overs of their own prefix. */
process.env.GWLB_LAB_PREFIX = "command";
const env = { ...process.env };

/** Runs `npm run lab -- ...` to its end. */
function lab(
  parameters: readonly string[],
  input = "",
  prefix = env.GWLB_LAB_PREFIX,
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [...COMMAND, ...parameters], {
    encoding: "utf8",
    input,
    env: { ...env, GWLB_LAB_PREFIX: prefix },
  });
}

/** The lab that a process brings up. */
const labOf = (pid: number | undefined) => readLabs().find((one) => "owner" in one && one.owner === pid);

whereMachinesRun("npm run lab --", () => {
  let kept = "";

  beforeAll(async () => {
    const up = spawn(process.execPath, [...COMMAND, "pass-through", "--zones", "2", "--keep"], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    up.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    kept = (await eventually("a lab", () => labOf(up.pid), undefined, 60)).name;
    expect(await once(up, "close")).toEqual([0, null]);
    expect(said.match(/3 received/g)).toHaveLength(2);
  }, 120_000);

  afterAll(() => {
    lab(["down", "--lab", kept]);
  });

  test("status tells of the lab, its hosts, its appliances and what the load balancer refused", () => {
    const { stdout } = lab(["status"]);
    const mine = stdout.slice(stdout.indexOf(kept)).split("\n").slice(0, 4);
    expect(mine).toEqual([
      expect.stringMatching(new RegExp(`^${kept}  up  pass-through, hosts .*client-1 .*client-2`)),
      "  appliance-1: healthy",
      "  appliance-2: healthy",
      "  load balancer refused no packet",
    ]);
  });

  test("fails when there is no such lab", () => {
    const { status, stderr } = lab(["down", "--lab", "lab-of-nobody"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^lab: which lab, got lab-of-nobody; running are .*: name one with --lab$/m);
  });

  test("shell runs a line, or what it reads from a pipe, and ends as that does", () => {
    const shell = ["--lab", kept, "shell", "client-2"];
    expect(lab([...shell, "--", "hostname; exit 3"])).toMatchObject({ status: 3, stdout: "client-2\n" });
    expect(lab(shell, "hostname\nfalse || exit 4\n")).toEqual(
      expect.objectContaining({ status: 4, stdout: "client-2\n", stderr: "" }),
    );
    expect(lab(["--lab", kept, "exec", "gwlb", "--", "ip", "-brief", "link"]).stdout).toMatch(/^ep-2@/m);
  });

  test(
    "down --all removes every lab of its prefix, also one that never came up, and no other",
    async () => {
      const prefix = `test${[...String(process.pid)].map((digit) => String.fromCharCode(97 + Number(digit))).join("")}`;
      const [first, second] = [`${prefix}1`, `${prefix}2`];
      try {
        expect(lab(["pass-through", "--keep"], "", prefix)).toMatchObject({ status: 0 });
        mkdirSync(directoryOf(second));
        const known = JSON.parse(lab(["status", "--json"], "", prefix).stdout) as { name: string; state: string }[];
        // Whoever sees more than these two here would remove more, too.
        expect(known.map(({ name, state }) => [name, state])).toEqual([
          [first, "up"],
          [second, "starting or broken"],
        ]);
        expect(readLabs().map(({ name }) => name)).not.toContain(first);
        const { status, stdout } = lab(["down", "--all"], "", prefix);
        expect({ status, stdout }).toEqual({ status: 0, stdout: `${first} is gone\n${second} is gone\n` });
        expect([...remainsOf(first), ...remainsOf(second)]).toEqual([]);
        expect(lab(["down", "--all"], "", prefix)).toMatchObject({ status: 0, stdout: "no lab\n" });
        expect(lab(["--lab", kept, "exec", "client-1", "--", "ping", "-c", "1", "web.example.test"]).status).toBe(0);
      } finally {
        for (const name of [first, second]) await removeLab(name);
      }
    },
    TEST_TIMEOUT_MS,
  );

  test.each(["Mine", "../x", "a1", "a-b", "a".repeat(21)])("fails when labs cannot be called '%s'", (prefix) => {
    const message = `GWLB_LAB_PREFIX: must be 1 to 20 lower-case letters, got '${prefix}'; correct it, or unset it for lab`;
    expect(() => labPrefix(prefix)).toThrow(message);
  });

  test(
    "trace follows a packet in the kept lab, in the second zone, which stays",
    () => {
      const traced = lab(["trace", "--lab", kept, "--from", "client-2", "--http"]);
      console.log(traced.stdout.slice(0, 1500));
      expect(traced.status).toBe(0);
      expect(traced.stdout).toMatch(/HTTP GET.* from client-2/);
      expect(lab(["--lab", kept, "exec", "client-1", "--", "ping", "-c", "1", "web.example.test"]).status).toBe(0);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "a lab whose process got SIGKILL is left over, down removes it, and the other one goes on",
    async () => {
      const killed = spawn(process.execPath, [...COMMAND, "pass-through"], { env, stdio: "ignore" });
      const { name } = await eventually(
        "the other lab's namespaces",
        () => {
          const found = labOf(killed.pid);
          return found && remainsOf(found.name).length > 5 ? found : undefined;
        },
        undefined,
        60,
      );
      const ended = once(killed, "exit");
      killed.kill("SIGKILL");
      await ended;
      expect(lab(["status"]).stdout).toMatch(new RegExp(`^${name}  left over  pass-through`, "m"));
      expect(lab(["down", "--lab", name])).toMatchObject({ status: 0, stdout: `${name} is gone\n` });
      expect(remainsOf(name)).toEqual([]);
      expect(lab(["--lab", kept, "exec", "client-1", "--", "ping", "-c", "1", "web.example.test"]).status).toBe(0);
      const both = [0, 1].map(async () => {
        const down = spawn(process.execPath, [...COMMAND, "down", "--lab", kept], {
          env,
          stdio: ["ignore", "ignore", "pipe"],
        });
        let stderr = "";
        down.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
        await once(down, "close");
        return stderr;
      });
      // One of them may come too late to find the lab.
      for (const stderr of await Promise.all(both)) expect(stderr).toMatch(/^$|^lab: which lab, /);
      expect(remainsOf(kept)).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );
});

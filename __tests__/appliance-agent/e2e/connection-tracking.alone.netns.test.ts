import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JsonFile } from "../../../appliance-agent/src/agent/json-file";
import { restoreSysctls, savedSysctls, setSysctl } from "../../../appliance-agent/src/agent/saved-sysctls";
import { connectionTableSysctls } from "../../../appliance-agent/src/control/connection-tracking";
import { sysctlToWrite } from "../../../appliance-agent/src/control/desired-sysctl";
import { isReadOnlySysctl, readSysctl, writeSysctl } from "../../../appliance-agent/src/host/sysctl";
import { squidBastion } from "../../../appliance-agent/src/rules/presets/squid-bastion";
import { hasConnectionRoom, withConnectionRoom } from "../../../bench/data-path/connection-room";
import { SERVER, withPath } from "../../../tools/end-to-end/path";
import { describeAsRoot, eventually } from "../../support/namespaces";
import { ping } from "./traffic";

jest.setTimeout(60_000);

const MAX = "net.netfilter.nf_conntrack_max";
const NAMES = connectionTableSysctls(1).map(([name]) => name);
const sizes = () => NAMES.map((name) => Number(readSysctl(name)));

/* All tests that change the kernel's one value are in this file, for files run at the same time. */
describeAsRoot("connection tracking", () => {
  test("is ready in a namespace that cannot enlarge the table, and says so once", async () => {
    await withPath(async (path) => {
      /* Loads the module where the kernel has it as one. */
      path.exec("appliance", "iptables", "-A", "INPUT", "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP");
      const before = sizes();
      const maxFlows = Number(readSysctl(MAX)) + 1;
      const agent = await path.startAgent({
        ...squidBastion({ geneveSources: ["10.99.0.0/24"], clientCidrs: ["10.1.0.0/24"], bastionAddress: "10.99.0.1" }),
        health: { port: 8080, tcpChecks: [] },
        maxFlows,
      });
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      const ready = () => agent.health("/readyz");
      await eventually(
        "the endpoint's devices are settled",
        () => ready().status === 200 || undefined,
        () => ready().body,
      );
      const notice =
        `connection tracking has room for ${String(maxFlows - 1)} connections, maxFlows is ${String(maxFlows)}; ` +
        `only the host's own network namespace can change it: set ${MAX} there`;
      expect(path.agent("status")).toMatchObject({ code: 0, out: expect.stringContaining(notice) as string });
      /* It has looked at the host several times: at the start, for the endpoint, and after its devices were made. */
      await agent.end("SIGINT");
      expect(agent.log().split(notice)).toHaveLength(2);
      expect(agent.log()).not.toContain(`set ${MAX} to`);
      expect(path.agent("unload").code).toBe(0);
      expect(sizes()).toEqual(before);
    });
  });

  const onHost = (name: string, body: () => void): void => {
    if (isReadOnlySysctl(MAX)) test.skip(`${name} (skipped: ${MAX} is read-only here)`, body);
    else test(name, body);
  };

  onHost("the host's table is enlarged, set back, and never made smaller", () => {
    const directory = mkdtempSync(join(tmpdir(), "connection-tracking-"));
    const file = new JsonFile(join(directory, "saved.json"), savedSysctls);
    const before = sizes();
    const desired = connectionTableSysctls(Math.max(...before));
    const enlarge = () =>
      desired.map(([name, least]) => {
        const was = readSysctl(name) ?? "";
        const value = sysctlToWrite(least, was);
        if (value !== undefined) setSysctl(file, name, value, was);
        return value !== undefined;
      });
    try {
      expect(enlarge()).toEqual([true, true]);
      expect(sizes().map((size, at) => size >= (desired[at]?.[1].atLeast ?? Infinity))).toEqual([true, true]);
      expect(enlarge()).toEqual([false, false]);
      writeSysctl(MAX, String(before[NAMES.indexOf(MAX)]));
      expect(enlarge()).toEqual(NAMES.map((name) => name === MAX));
      expect(restoreSysctls(file)).toEqual([]);
      expect(sizes()).toEqual(before);
    } finally {
      NAMES.forEach((name, at) => writeSysctl(name, String(before[at])));
      rmSync(directory, { recursive: true });
    }
  });

  onHost("the benchmark has its room while it runs, and leaves none, also when it fails", async () => {
    const before = sizes();
    const flows = Math.max(...before);
    const failure = withConnectionRoom(flows, async () => {
      expect(sizes().every((size) => size > flows)).toBe(true);
      expect(hasConnectionRoom(flows)).toBe(true);
      return Promise.reject(new Error("bench: ended by SIGINT"));
    });
    await expect(failure).rejects.toThrow("bench: ended by SIGINT");
    expect(sizes()).toEqual(before);
    expect(hasConnectionRoom(flows)).toBe(false);
    for (const few of [0, 1]) expect(await withConnectionRoom(few, () => Promise.resolve(sizes()))).toEqual(before);
  });
});

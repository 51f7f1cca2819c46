import { spawnSync } from "node:child_process";
import { readdirSync, existsSync } from "node:fs";
import { join } from "node:path";
import { endpointDevices } from "../../../appliance-agent/src/datapath/endpoint-devices";
import { describeAsRoot, eventually, Namespaces, withNamespaces } from "../../support/namespaces";

/** Runs steps of `life-cycle-child.ts` in the namespace of the interface; returns what each step saw. */
function inNamespace(namespaces: Namespaces, ...steps: string[]): Record<string, unknown>[] {
  const child = join(__dirname, "life-cycle-child.ts");
  const command = [process.execPath, "--import", "tsx", child, join(namespaces.bpffs, "agent"), ...steps];
  const run = spawnSync("nsenter", [`--net=/run/netns/${namespaces.nameOf("appliance")}`, "--", ...command], {
    encoding: "utf8",
  });
  const { status, stdout, stderr } = run;
  if (status !== 0) throw new Error(`${steps.join(" ")}: exit ${String(status)}\n${stderr}`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const plan = {
  hosts: ["appliance", "router"],
  links: [
    [
      { host: "appliance", name: "eth0", mtu: 3000 },
      { host: "router", name: "eth0", mtu: 3000 },
    ],
  ] as const,
};

describeAsRoot("the data path's life", () => {
  test.each(["hairpin-tc", "hairpin-xdp", "routed"])(
    "%s: is adopted by the next process, and leaves nothing behind",
    async (mode) => {
      await withNamespaces(plan, async (namespaces) => {
        const state = () => namespaces.exec("appliance", "ip", "-br", "link", "show", "dev", "eth0");
        await eventually("eth0 has a carrier", () => / UP /.test(state()) || undefined, state);
        const filters = () =>
          namespaces.exec("appliance", "tc", "qdisc", "show", "dev", "eth0") +
          namespaces.exec("appliance", "ip", "-br", "link");
        const before = filters().replaceAll(/xdp\S*/g, "");
        const [first] = inNamespace(namespaces, `open=${mode}`, "rules", "sources", "attach", "observe").slice(-1);
        expect(first).toMatchObject({ attached: true, ruleCount: 1, sources: ["10.2.0.0/24"] });
        const [read] = inNamespace(namespaces, "read", "observe").slice(-1);
        expect(read).toMatchObject({ attached: true, objectSha256: first?.objectSha256, rulesId: first?.rulesId });
        const reopened = inNamespace(namespaces, `open=${mode}`, "observe", "attach", "observe");
        expect(reopened.map((it) => it.attached).filter((it) => it !== undefined)).toEqual([false, true]);
        expect(reopened.at(-1)).toMatchObject({ ruleCount: 1, rulesId: first?.rulesId, sources: ["10.2.0.0/24"] });
        if (mode === "routed") {
          const devices = inNamespace(namespaces, `open=${mode}`, "devices", "observe", "admit", "observe");
          expect(devices.map(({ endpoints }) => endpoints)).toMatchObject([
            [{ admitted: false }],
            [{ admitted: true }],
          ]);
          const [kept] = inNamespace(namespaces, `open=${mode}`, "attach", "observe").slice(-1);
          expect(kept?.endpoints).toEqual([{ ...endpointDevices("0123456789abcdef"), admitted: true }]);
        }
        inNamespace(namespaces, "read", "unload");
        expect(filters().replaceAll(/xdp\S*/g, "")).toBe(before);
        expect(existsSync(join(namespaces.bpffs, "agent"))).toBe(false);
      });
    },
    60_000,
  );

  test("changes hook and mode without leaving the other program attached", async () => {
    await withNamespaces(plan, (namespaces) => {
      const programs = () => [
        namespaces.exec("appliance", "tc", "filter", "show", "dev", "eth0", "ingress").includes("direct-action"),
        namespaces.exec("appliance", "ip", "link", "show", "dev", "eth0").includes("xdp"),
      ];
      inNamespace(namespaces, "open=hairpin-tc", "rules", "attach");
      expect(programs()).toEqual([true, false]);
      inNamespace(namespaces, "open=hairpin-xdp", "attach");
      expect(programs()).toEqual([false, true]);
      const [observed] = inNamespace(namespaces, "open=routed", "attach", "observe").slice(-1);
      expect(programs()).toEqual([true, false]);
      expect(observed).toMatchObject({ mode: "routed", ruleCount: 1 });
      expect(readdirSync(join(namespaces.bpffs, "agent")).sort()).toEqual(["inner-maps", "maps"]);
    });
  }, 60_000);

  test("replaces the flow table when its size changes, and keeps the rules", async () => {
    await withNamespaces(plan, (namespaces) => {
      inNamespace(namespaces, "open=routed", "rules", "sources", "attach");
      const [table] = inNamespace(namespaces, "open=routed:2048", "flow-table").slice(-1);
      expect(table).toMatchObject({ capacity: 2048 });
      const [observed] = inNamespace(namespaces, "open=routed:2048", "attach", "observe").slice(-1);
      expect(observed).toMatchObject({ attached: true, ruleCount: 1, sources: ["10.2.0.0/24"] });
    });
  }, 60_000);

  test("fails on a program that is not there, and says which", async () => {
    await withNamespaces(plan, (namespaces) => {
      expect(() => inNamespace(namespaces, "open=nowhere")).toThrow(
        /hairpin\.bpf\.o: no such object, got ENOENT; name the directory of the \*\.bpf\.o files/,
      );
    });
  });
});

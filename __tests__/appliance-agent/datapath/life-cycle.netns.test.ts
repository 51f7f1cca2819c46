import { readdirSync, existsSync } from "node:fs";
import { join } from "node:path";
import { endpointDevices } from "../../../appliance-agent/src/datapath/endpoint-devices";
import { describeAsRoot, eventually, withNamespaces } from "../../support/namespaces";
import { hasTcx } from "../../support/tcx-programs";
import { type Kernel, PLAN, lastStep, takeSteps } from "./life-cycle-steps";

const BY_TC = hasTcx() ? "tcx" : "clsact";
const { egress } = endpointDevices("0123456789abcdef");

describeAsRoot("the data path's life", () => {
  test.each([
    ["hairpin-tc", BY_TC, "this kernel"],
    ["hairpin-tc", "clsact", "a kernel without tcx"],
    ["hairpin-xdp", "xdp", "this kernel"],
    ["routed", BY_TC, "this kernel"],
    ["routed", "clsact", "a kernel without tcx"],
  ] as [string, string, Kernel][])(
    "%s, attached by %s on %s: is adopted by the next process, and leaves nothing behind",
    async (mode, attachedBy, kernel) => {
      await withNamespaces(PLAN, async (namespaces) => {
        const state = () => namespaces.exec("appliance", "ip", "-br", "link", "show", "dev", "eth0");
        await eventually("eth0 has a carrier", () => / UP /.test(state()) || undefined, state);
        const steps = (...names: string[]) => takeSteps(namespaces, kernel, ...names);
        const filters = () =>
          namespaces.exec("appliance", "tc", "qdisc", "show", "dev", "eth0") +
          namespaces.exec("appliance", "ip", "-br", "link");
        const before = filters().replaceAll(/xdp\S*/g, "");
        const tcx = (...programs: (number | undefined)[]) => (hasTcx() ? { tcx: programs } : {});
        const [first, attached] = steps(`open=${mode}`, "rules", "sources", "attach", "observe", "attached=eth0");
        expect(first).toMatchObject({ attached: true, attachedBy, ruleCount: 1, sources: ["10.2.0.0/24"] });
        expect(attached).toEqual({
          ...(attachedBy === "tcx" ? tcx(first?.programId) : tcx()),
          clsact: attachedBy === "clsact",
        });
        const [read] = steps("read", "observe");
        expect(read).toMatchObject({ attached: true, objectSha256: first?.objectSha256, rulesId: first?.rulesId });
        const reopened = steps(`open=${mode}`, "observe", "attach", "observe");
        expect(reopened.map((it) => it.attached)).toEqual([false, true]);
        expect(reopened.at(-1)).toMatchObject({ ruleCount: 1, rulesId: first?.rulesId, sources: ["10.2.0.0/24"] });
        if (mode === "routed") {
          const made = steps(
            `open=${mode}`,
            "attach",
            "devices",
            "observe",
            "admit",
            "observe",
            `attached=${egress}:egress`,
          );
          const marks = made.slice(0, 2).map(({ endpoints }) => endpoints?.map((it) => it.admittedWith));
          expect(marks).toEqual([[undefined], [0x1_0000]]);
          const kept = lastStep(namespaces, kernel, `open=${mode}`, "attach", "observe");
          expect(kept.endpoints).toEqual([{ ...endpointDevices("0123456789abcdef"), admittedWith: 0x1_0000 }]);
          expect([made[2]?.clsact, made[2]?.tcx?.length ?? 0]).toEqual(attachedBy === "tcx" ? [false, 1] : [true, 0]);
        }
        const [left] = steps("read", "unload", "attached=eth0");
        expect(left).toEqual({ ...tcx(), clsact: false });
        expect(filters().replaceAll(/xdp\S*/g, "")).toBe(before);
        expect(existsSync(join(namespaces.bpffs, "agent"))).toBe(false);
      });
    },
    60_000,
  );

  test("changes hook and mode without leaving the other program attached", async () => {
    await withNamespaces(PLAN, (namespaces) => {
      const after = (...steps: string[]) => {
        const [observed, { tcx = [], clsact } = {}] = takeSteps(
          namespaces,
          "this kernel",
          ...[...steps, "attach", "observe", "attached=eth0"],
        );
        const xdp = namespaces.exec("appliance", "ip", "link", "show", "dev", "eth0").includes("xdp");
        return { ...observed, at: { xdp, tcx: tcx.length, clsact } };
      };
      const tc = { xdp: false, tcx: hasTcx() ? 1 : 0, clsact: !hasTcx() };
      expect(after("open=hairpin-tc", "rules").at).toEqual(tc);
      expect(after("open=hairpin-xdp").at).toEqual({ xdp: true, tcx: 0, clsact: false });
      expect(after("open=routed")).toMatchObject({ mode: "routed", ruleCount: 1, at: tc });
      const pins = ["inner-maps", "maps", ...(hasTcx() ? ["tcx-underlay"] : [])];
      expect(readdirSync(join(namespaces.bpffs, "agent")).sort()).toEqual(pins);
    });
  }, 60_000);

  test("replaces the flow table when its size changes, and keeps the rules", async () => {
    await withNamespaces(PLAN, (namespaces) => {
      const last = (...steps: string[]) => lastStep(namespaces, "this kernel", ...steps);
      last("open=routed", "rules", "sources", "attach");
      expect(last("open=routed:2048", "flow-table")).toMatchObject({ capacity: 2048 });
      const observed = last("open=routed:2048", "attach", "observe");
      expect(observed).toMatchObject({ attached: true, ruleCount: 1, sources: ["10.2.0.0/24"] });
    });
  }, 60_000);

  test("fails on a program that is not there, and says which", async () => {
    await withNamespaces(PLAN, (namespaces) => {
      expect(() => takeSteps(namespaces, "this kernel", "open=nowhere")).toThrow(
        /hairpin\.bpf\.o: no such object, got ENOENT; name the directory of the \*\.bpf\.o files/,
      );
    });
  });
});

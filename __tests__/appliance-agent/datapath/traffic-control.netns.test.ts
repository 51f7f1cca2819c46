import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadProgram } from "../../../appliance-agent/src/datapath/bpf-object";
import { endpointDevices } from "../../../appliance-agent/src/datapath/endpoint-devices";
import { attachToTrafficControl } from "../../../appliance-agent/src/datapath/traffic-control";
import { type Namespaces, describeAsRoot, withNamespaces } from "../../support/namespaces";
import { hasTcx } from "../../support/tcx-programs";
import { type Kernel, PLAN, type Seen, lastStep, takeSteps } from "./life-cycle-steps";

const KERNELS: readonly Kernel[] = [...(hasTcx() ? (["this kernel"] as const) : []), "a kernel without tcx"];
const testWithTcx = (name: string, body: () => Promise<void>): void => {
  if (hasTcx()) test(name, body);
  else test.skip(`${name} (skipped: tcx needs Linux 6.6)`, body);
};
const { egress } = endpointDevices("0123456789abcdef");

jest.setTimeout(60_000);

/** How many programs are attached by which way, as the kernel says. */
const counted = ({ tcx = [], clsact }: Seen = {}) => ({ tcx: tcx.length, clsact });

const tc = ({ exec }: Namespaces, ...command: string[]) => exec("appliance", "tc", ...command);

/** Detaches the program from outside the agent. */
function detachByHand(namespaces: Namespaces, kernel: Kernel, device: string, pin: string): void {
  if (kernel === "a kernel without tcx") tc(namespaces, "qdisc", "del", "dev", device, "clsact");
  else namespaces.exec("appliance", "bpftool", "link", "detach", "pinned", join(namespaces.bpffs, "agent", pin));
}

describeAsRoot("programs at tc", () => {
  testWithTcx("go from clsact, where an earlier agent had them, to tcx", async () => {
    await withNamespaces(PLAN, (namespaces) => {
      const places = ["attached=eth0", `attached=${egress}:egress`];
      const before = takeSteps(namespaces, "a kernel without tcx", "open=routed", "attach", "devices", ...places);
      expect(before.map(counted)).toEqual([
        { tcx: 0, clsact: true },
        { tcx: 0, clsact: true },
      ]);
      const [observed, ...after] = takeSteps(namespaces, "this kernel", "open=routed", "attach", "observe", ...places);
      expect(observed).toMatchObject({ attached: true, attachedBy: "tcx", endpoints: [{ egress }] });
      expect(after.map(({ tcx }) => tcx?.length)).toEqual([1, 1]);
      const filters = ["eth0 ingress", `${egress} egress`].map((at) =>
        tc(namespaces, "filter", "show", "dev", ...at.split(" ")),
      );
      expect(filters).toEqual(["", ""]);
      const left = lastStep(namespaces, "this kernel", "read", "unload", "attached=eth0");
      expect(left).toEqual({ tcx: [], clsact: false });
    });
  });

  testWithTcx("leave clsact to those who have filters of their own there", async () => {
    await withNamespaces(PLAN, (namespaces) => {
      takeSteps(namespaces, "a kernel without tcx", "open=hairpin-tc", "attach");
      const others = "filter add dev eth0 ingress pref 7 protocol all u32 match u32 0 0 flowid 1:1";
      tc(namespaces, ...others.split(" "));
      const both = tc(namespaces, "filter", "show", "dev", "eth0", "ingress");
      expect(both).toMatch(/pref 7 u32[^]*pref 6081 bpf/);
      expect(counted(lastStep(namespaces, "this kernel", "open=hairpin-tc", "attach", "attached=eth0"))).toEqual({
        tcx: 1,
        clsact: true,
      });
      takeSteps(namespaces, "this kernel", "read", "unload");
      const filters = tc(namespaces, "filter", "show", "dev", "eth0", "ingress");
      expect(filters).toContain("pref 7 u32");
      expect(filters).not.toContain("bpf");
    });
  });

  test.each(KERNELS)("are seen to be detached by somebody else, and attached again: %s", async (kernel) => {
    await withNamespaces(PLAN, (namespaces) => {
      const steps = (...names: string[]) => takeSteps(namespaces, kernel, ...names);
      steps("open=routed", "attach", "devices");
      detachByHand(namespaces, kernel, "eth0", "tcx-underlay");
      detachByHand(namespaces, kernel, egress, `tcx-${egress}`);
      const [before, after] = steps("open=routed", "observe", "attach", "devices", "observe");
      expect(before).toMatchObject({ attached: false, endpoints: [] });
      expect(before).not.toHaveProperty("attachedBy");
      expect(after).toMatchObject({ attached: true, endpoints: [{ egress }] });
    });
  });

  test.each(KERNELS)("follow the underlay interface, also when the one before is gone: %s", async (kernel) => {
    await withNamespaces(PLAN, (namespaces) => {
      const ip = (...command: string[]) => namespaces.exec("appliance", "ip", "link", ...command);
      const last = (...names: string[]) => lastStep(namespaces, kernel, ...names);
      const attached = { tcx: kernel === "this kernel" ? 1 : 0, clsact: kernel !== "this kernel" };
      expect(counted(last("open=hairpin-tc", "attach", "attached=eth0"))).toEqual(attached);
      ip("set", "dev", "eth0", "name", "other0");
      ip("add", "eth0", "type", "veth", "peer", "peer0");
      const moved = takeSteps(namespaces, kernel, "open=hairpin-tc", "attach", "attached=eth0", "attached=other0");
      expect(moved.map(counted)).toEqual([attached, { ...attached, tcx: 0 }]);
      expect(tc(namespaces, "filter", "show", "dev", "other0", "ingress")).toBe("");
      ip("del", "eth0");
      ip("add", "eth0", "type", "veth", "peer", "peer0");
      expect(last("open=hairpin-tc", "observe")).toMatchObject({ attached: false });
      expect(last("open=hairpin-tc", "attach", "observe")).toMatchObject({ attached: true });
      expect(counted(last("read", "unload", "attached=eth0"))).toEqual({ tcx: 0, clsact: false });
    });
  });

  testWithTcx(
    "stand behind what others have attached by tcx, and keep their place when they are replaced",
    async () => {
      await withNamespaces(PLAN, (namespaces) => {
        const steps = (...names: string[]) => takeSteps(namespaces, "this kernel", ...names);
        const [beforehand] = steps("another=before", "open=hairpin-tc", "attach", "another=after", "attached=eth0");
        const [ours, now] = steps("open=hairpin-tc", "attach", "observe", "attached=eth0");
        const [before, earlier, after] = beforehand?.tcx ?? [];
        expect(ours?.programId).not.toBe(earlier);
        expect(now?.tcx).toEqual([before, ours?.programId, after]);
        expect(steps("read", "unload", "attached=eth0")[0]?.tcx).toEqual([before, after]);
      });
    },
  );

  testWithTcx("are gone with the device that they were attached to, and so are their pins", async () => {
    await withNamespaces(PLAN, (namespaces) => {
      const pin = join(namespaces.bpffs, `agent/tcx-${egress}`);
      const steps = (...names: string[]) => takeSteps(namespaces, "this kernel", "open=routed", "attach", ...names);
      steps("devices");
      expect(existsSync(pin)).toBe(true);
      namespaces.exec("appliance", "ip", "link", "del", egress);
      expect(steps("observe")[0]?.endpoints).toEqual([]);
      expect(steps("devices", "observe")[0]?.endpoints).toMatchObject([{ egress }]);
      steps("remove");
      expect(existsSync(pin)).toBe(false);
      steps("devices");
      namespaces.exec("appliance", "ip", "link", "del", egress);
      steps("remove");
      expect(existsSync(pin)).toBe(false);
    });
  });

  testWithTcx("fail on an interface that is gone, and say which", async () => {
    await withNamespaces({ hosts: [] }, ({ bpffs }) => {
      const path = join(__dirname, "../../../appliance-agent/ebpf/hairpin.bpf.o");
      const program = loadProgram({ path, program: "hairpin", mapDirectory: join(bpffs, "maps") });
      const nowhere = { interface: 999_999, direction: "ingress", pin: join(bpffs, "link") } as const;
      expect(() => {
        attachToTrafficControl(nowhere, program.fd);
      }).toThrow("tcx ingress of interface 999999: attach the program, got ENODEV; name an interface that exists");
      program.close();
    });
  });
});

import { readdirSync } from "node:fs";
import { release } from "node:os";
import { join, resolve } from "node:path";
import { loadProgram } from "../../../appliance-agent/src/datapath/bpf-object";
import { endpointDevices } from "../../../appliance-agent/src/datapath/endpoint-devices";
import { probeIpv6Decap } from "../../../appliance-agent/src/datapath/ipv6-decap-probe";
import { filter } from "../../../appliance-agent/src/rules/presets/filter";
import { describeAsRoot, eventually, withNamespaces } from "../../support/namespaces";
import { Path, SERVER, withPath } from "../../../tools/end-to-end/path";
import { PLAN, type Seen, takeSteps } from "../../appliance-agent/datapath/life-cycle-steps";
import { ping } from "../../appliance-agent/e2e/traffic";

/* An emulated processor is some twenty times slower. */
const TIMEOUT_SECONDS = 240;

const OBJECTS = resolve(__dirname, "../../../appliance-agent/ebpf");

/** Objects and their programs; `probe` is loaded by probeIpv6Decap(). */
const PROGRAMS = { decap: "decap", encap: "encap", hairpin: "hairpin", "hairpin-xdp": "hairpin_xdp" } as const;

/** curl(1), EXIT CODES. */
const CURL = { refused: 7, timeout: 28 } as const;

/** How programs are attached at tc: tcx is of Linux 6.6. */
const [major = 0, minor = 0] = release().split(".").map(Number);
const BY_TC = major > 6 || (major === 6 && minor >= 6) ? "tcx" : "clsact";

/** How many programs are at tcx, and is there a clsact. */
const counted = ({ tcx, clsact }: Seen = {}) => ({ ...(tcx ? { tcx: tcx.length } : {}), clsact });

/** Exit code of curl on the client; the server listens on no port, so that its kernel refuses what arrives. */
function curl(path: Path, port: number): number {
  const script = `curl -s -m 3 http://${SERVER.ipv4}:${port}/; echo $?`;
  return Number(path.exec("client", "sh", "-c", script).trim());
}

describeAsRoot("the agent under this kernel", () => {
  test("loads every object", async () => {
    const objects = readdirSync(OBJECTS).filter((file) => file.endsWith(".bpf.o"));
    expect(objects.sort()).toEqual([...Object.keys(PROGRAMS), "probe"].map((name) => `${name}.bpf.o`).sort());
    expect(["flag", "change-proto"]).toContain(probeIpv6Decap(OBJECTS));
    await withNamespaces({ hosts: [] }, ({ bpffs }) => {
      for (const [object, program] of Object.entries(PROGRAMS)) {
        const path = join(OBJECTS, `${object}.bpf.o`);
        const loaded = loadProgram({ path, program, mapDirectory: join(bpffs, object), maxEntries: { flows: 1024 } });
        expect(loaded.fd).toBeGreaterThan(0);
      }
    });
  });

  test(
    "attaches routed mode's programs by tcx from 6.6 on, else by clsact, and takes them away again",
    () =>
      withNamespaces(PLAN, (namespaces) => {
        const { egress } = endpointDevices("0123456789abcdef");
        const places = ["attached=eth0", `attached=${egress}:egress`];
        const steps = ["open=routed", "attach", "devices", "observe", ...places, "unload", "attached=eth0"];
        const [observed, underlay, device, left] = takeSteps(namespaces, "this kernel", ...steps);
        expect(observed).toMatchObject({ attached: true, attachedBy: BY_TC, endpoints: [{ egress }] });
        const attached = (programs: number) => (BY_TC === "tcx" ? { tcx: programs, clsact: false } : { clsact: true });
        expect(counted(underlay)).toEqual(attached(1));
        expect(counted(device)).toEqual(attached(1));
        expect(counted(left)).toEqual({ ...attached(0), clsact: false });
      }),
    TIMEOUT_SECONDS * 1000,
  );

  test(
    "returns packets of both families up to 8500 bytes and fragments, and drops and counts what a rule names",
    () =>
      withPath(async (path) => {
        const configuration = filter({ geneveSources: ["10.99.0.0/24"] });
        const agent = await path.startAgent(configuration, { waitUntilReady: false });
        const ready = () => agent.health("/readyz").status === 200 || undefined;
        await eventually("the agent is ready", ready, () => agent.log(), TIMEOUT_SECONDS / 2);
        expect(ping(path, "client", SERVER.ipv4)).toBe(true);
        expect(ping(path, "client", SERVER.ipv6, "-M", "do", "-s", String(8500 - 48))).toBe(true);
        expect(ping(path, "client", SERVER.ipv4, "-s", "20000")).toBe(true);
        expect(curl(path, 81)).toBe(CURL.refused);
        expect(curl(path, 80)).toBe(CURL.timeout);
        expect(agent.health("/metrics").body).toMatch(/^gwlb_agent_\S*drop\S*\{reason="rule"\} [1-9]/m);
        expect(path.agent("status").out).toContain(`attached: hairpin by ${BY_TC} on a0`);
        expect(await path.ask({ ask: "statistics" })).toMatchObject({ wrong: {} });
      }),
    TIMEOUT_SECONDS * 1000,
  );
});

import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadProgram } from "../../../appliance-agent/src/datapath/bpf-object";
import { probeIpv6Decap } from "../../../appliance-agent/src/datapath/ipv6-decap-probe";
import { filter } from "../../../appliance-agent/src/rules/presets/filter";
import { describeAsRoot, eventually, withNamespaces } from "../../support/namespaces";
import { Path, SERVER, withPath } from "../../../tools/end-to-end/path";
import { ping } from "../../appliance-agent/e2e/traffic";

/* An emulated processor is some twenty times slower. */
const TIMEOUT_SECONDS = 240;

const OBJECTS = resolve(__dirname, "../../../appliance-agent/ebpf");

/** Objects and their programs; `probe` is loaded by probeIpv6Decap(). */
const PROGRAMS = { decap: "decap", encap: "encap", hairpin: "hairpin", "hairpin-xdp": "hairpin_xdp" } as const;

/** curl(1), EXIT CODES. */
const CURL = { refused: 7, timeout: 28 } as const;

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
        expect(await path.ask({ ask: "statistics" })).toMatchObject({ wrong: {} });
      }),
    TIMEOUT_SECONDS * 1000,
  );
});

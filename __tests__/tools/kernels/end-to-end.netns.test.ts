import { filter } from "../../../appliance-agent/src/rules/presets/filter";
import { describeAsRoot, eventually } from "../../support/namespaces";
import { Path, SERVER, withPath } from "../../appliance-agent/e2e/path";
import { ping } from "../../appliance-agent/e2e/traffic";

/* An emulated processor is some twenty times slower. */
const TIMEOUT_SECONDS = 240;

/** curl(1), EXIT CODES. */
const CURL = { refused: 7, timeout: 28 } as const;

/** Exit code of curl on the client; the server listens on no port, so that its kernel refuses what arrives. */
function curl(path: Path, port: number): number {
  const script = `curl -s -m 3 http://${SERVER.ipv4}:${port}/; echo $?`;
  return Number(path.exec("client", "sh", "-c", script).trim());
}

describeAsRoot("the agent under this kernel", () => {
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

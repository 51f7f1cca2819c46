import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Lab, LabOptions, startLab } from "../../../tools/lab/lab";
import { noMachine } from "../../../tools/lab/machine/machine";
import { describeAsRoot } from "../../support/namespaces";

/** Milliseconds for a lab to come up on a machine that has other things to do. */
const START_TIMEOUT_MS = 120_000;

/** Milliseconds for one test in a lab. */
export const TEST_TIMEOUT_MS = 60_000;

/** `describe` where a lab can be brought up; elsewhere a skipped group that says why. */
export function whereMachinesRun(name: string, body: () => void): void {
  if (noMachine === undefined || process.env.REQUIRE_ROOT === "1") {
    describeAsRoot(name, body);
    return;
  }
  describe.skip(`${name} (skipped: ${noMachine})`, () => {
    test.skip("needs systemd", () => undefined);
  });
}

/** `describe` with a lab that is up while its tests run; where none can be, a skipped group that says why. */
export function describeLab(name: string, options: LabOptions, body: (lab: () => Lab) => void): void {
  whereMachinesRun(name, () => {
    let lab: Lab | undefined;
    beforeAll(async () => {
      lab = await startLab(options);
    }, START_TIMEOUT_MS);
    afterAll(async () => {
      await lab?.stop();
    }, START_TIMEOUT_MS);
    body(() => {
      if (!lab) throw new Error("the lab did not come up");
      return lab;
    });
  });
}

/** Has the load balancer of a lab check its appliances once a second, which AWS's does not, for tests that wait for it. */
export function hurryHealthChecks(lab: () => Lab): void {
  beforeAll(async () => {
    const { healthCheck } = lab().plan.emulator;
    await lab().modifyLoadBalancer({ healthCheck: { ...healthCheck, intervalSeconds: 1 } });
  });
}

/** The public address of a machine. */
export function publicAddressOf(lab: Lab, host: string): string {
  return lab.plan.wiring.instances.find((port) => port.host === host)?.publicAddress ?? "";
}

/** A server on a machine's port 443 that answers what is sent to it with its SHA-256; it ends with the lab. */
export async function listenOnHttpsPort(lab: Lab, host: string): Promise<void> {
  const program = `
    require("node:http").createServer((request, response) => {
      const hash = require("node:crypto").createHash("sha256");
      request.on("data", (chunk) => hash.update(chunk)).on("end", () => response.end(hash.digest("hex") + "\\n"));
    }).listen(443, () => console.log("listens"))`;
  const server = lab.spawn(host, [process.execPath, "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  if (server.stdout) await once(server.stdout, "data");
}

/**
 * Counts packets on every interface of hosts while something happens.
 *
 * @param filter of pcap-filter(7)
 * @returns by host; a packet that a host forwards is counted when it comes and when it goes
 */
export async function countPackets(
  lab: Lab,
  hosts: readonly string[],
  filter: string,
  happening: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const captures = await Promise.all(
    hosts.map(async (host) => {
      const file = join(lab.directory, `${host}.pcap`);
      const command = ["tcpdump", "-i", "any", "-n", "-U", "--immediate-mode", "-w", file, filter];
      const tcpdump = spawn("nsenter", [`--net=${lab.namespaceFile(host)}`, "--", ...command]);
      await once(tcpdump.stderr, "data"); // "listening on any"
      return { host, tcpdump };
    }),
  );
  await happening();
  const counts = captures.map(async ({ host, tcpdump }): Promise<[string, number]> => {
    let said = "";
    tcpdump.stderr.on("data", (text) => (said += String(text)));
    const ended = once(tcpdump, "exit");
    tcpdump.kill("SIGINT");
    await ended;
    return [host, Number(/(\d+) packets? received by filter/.exec(said)?.[1])];
  });
  return Object.fromEntries(await Promise.all(counts));
}

/** What the load balancer has refused, by reason: nothing, when all is well. */
export async function refusalsOf(lab: Lab): Promise<Record<string, number>> {
  const { refusals } = await lab.report();
  return Object.fromEntries(Object.entries(refusals).filter(([, count]) => count > 0));
}

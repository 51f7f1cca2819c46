import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureAgentBundle } from "../tools/build-agent/ensure-agent-bundle";
import { startLab, type Lab } from "../tools/lab/lab";
import { noMachine } from "../tools/lab/machine/machine";
import { differencesOf } from "../tools/lab/trace/render-trace";
import { traceLab, type TraceRequest } from "../tools/lab/trace/trace-lab";
import { EXAMPLE_NAMES, exampleFolder } from "./support/examples";
import { describeAsRoot } from "./support/namespaces";
import { refusalsOf } from "./tools/lab/running-lab";

/** What is sent in an example, and what becomes of it. */
interface Sent {
  /** Packets that are followed hop by hop, each with how the first way is predicted to end. */
  readonly traces: readonly (TraceRequest & { readonly ends: "delivered" | "dropped" })[];
  /** What else shows that the example does what it says. */
  readonly then?: (lab: Lab) => Promise<void>;
}

const WEB = "198.51.100.80";

/** Exit status of timeout(1) when nothing answered; bash's when the connection was refused. */
const [NO_ANSWER, REFUSED] = [124, 1];

const connect = async (lab: Lab, port: number): Promise<number> =>
  (await lab.exec("client", "timeout", "2", "bash", "-c", `exec 3<>/dev/tcp/${WEB}/${String(port)}`)).status;

/** How often each rule of the appliance decided. */
async function hits(lab: Lab): Promise<Record<string, number>> {
  const { rules } = JSON.parse(await lab.check("appliance", "gwlb-agent", "rules", "--json")) as {
    rules: { name: string; hits: number | string }[];
  };
  return Object.fromEntries(rules.map((rule) => [rule.name, Number(rule.hits)]));
}

const PING = { probe: "ping", ends: "delivered" } as const;

const SENT: Readonly<Record<string, Sent>> = {
  "pass-through": { traces: [PING] },
  "tc-filter": {
    traces: [
      { probe: "http", ends: "dropped" },
      { probe: "https", ends: "delivered" },
    ],
  },
  "squid-bastion": { traces: [{ probe: "https", ends: "delivered" }] },
  "two-zones": {
    traces: [
      { ...PING, from: "client-1" },
      { ...PING, from: "client-2" },
    ],
  },
  "own-filter-rules": {
    traces: [
      PING,
      { probe: { protocol: "udp", port: 53 }, ends: "dropped" },
      { probe: { protocol: "tcp", port: 5910 }, ends: "delivered" },
    ],
    then: async (lab) => {
      const ask = (resolver: string) => lab.check("client", "bash", "-c", `echo question >/dev/udp/${resolver}/53`);
      const before = await hits(lab);
      await ask("192.0.2.53");
      await ask(WEB);
      expect(await connect(lab, 3389)).toBe(NO_ANSWER);
      expect(await connect(lab, 5905)).toBe(NO_ANSWER);
      // Nobody listens there, and that is what the client hears.
      expect(await connect(lab, 5910)).toBe(REFUSED);
      const after = await hits(lab);
      // The trace has sent one datagram, more where it had to try again.
      const traced = before["no-other-dns"] ?? 0;
      expect(traced).toBeGreaterThan(0);
      expect(before).toEqual({ "dns-to-our-resolver": 0, "no-other-dns": traced, "no-remote-desktop": 0 });
      expect(after).toMatchObject({ "dns-to-our-resolver": 1, "no-other-dns": traced + 1 });
      expect(after["no-remote-desktop"]).toBeGreaterThanOrEqual(2);
    },
  },
  "existing-vpc": { traces: [PING] },
  "create-hook": {
    traces: [PING],
    then: async (lab) => {
      expect(await connect(lab, 23)).toBe(NO_ANSWER);
      expect(await connect(lab, 24)).toBe(REFUSED);
      const [, counted] = /^\s*([1-9]\d*)\s.*DROP.*gwi-\w+.*dpt:23/m.exec(
        await lab.check("appliance", "iptables", "-vnL", "FORWARD"),
      ) ?? [undefined, "the hook's rule dropped nothing"];
      expect(Number(counted)).toBeGreaterThan(0);
      expect(await lab.check("appliance", "ip", "rule")).toMatch(/^100:\s+from all iif gwi-\w+ lookup \d+/m);
    },
  },
  "plain-terraform": {
    traces: [PING],
    then: async (lab) => {
      expect(await connect(lab, 2323)).toBe(NO_ANSWER);
      expect(await connect(lab, 2324)).toBe(REFUSED);
      expect((await hits(lab))["no-telnet"]).toBeGreaterThan(0);
    },
  },
  "cross-account": { traces: [PING] },
};

/** Why an example is not brought up. */
const NOT_SENT: Readonly<Record<string, string>> = {
  "vendor-appliance": "its appliance is somebody else's AMI, which does not exist outside of AWS: nothing would answer",
};

test("packets are sent in every example, or it is said why not", () => {
  expect([...Object.keys(SENT), ...Object.keys(NOT_SENT)].sort()).toEqual(EXAMPLE_NAMES);
});

const describeMachines = noMachine === undefined || process.env.REQUIRE_ROOT === "1" ? describeAsRoot : skipMachines;

function skipMachines(name: string): void {
  describe.skip(`${name} (skipped: ${noMachine ?? ""})`, () => {
    test.skip("needs systemd", () => undefined);
  });
}

describeMachines("examples in the lab", () => {
  let scratch = "";
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), "examples-lab-"));
  });
  afterAll(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  test.each(Object.entries(SENT))(
    "%s: a real packet takes the predicted way, and the appliance does what the example says",
    async (example, { traces, then }) => {
      const lab = await startLab({ target: exampleFolder(example, scratch, ensureAgentBundle()) });
      try {
        for (const { ends, ...request } of traces) {
          const trace = await traceLab(lab, request);
          expect([trace.title, differencesOf(trace)]).toEqual([trace.title, []]);
          expect([trace.title, trace.ways[0]?.predicted.verdict.kind]).toEqual([trace.title, ends]);
          expect(trace.ways.every(({ hops }) => hops.some(({ observed }) => observed !== undefined))).toBe(true);
        }
        await then?.(lab);
        expect(await refusalsOf(lab)).toEqual({});
      } finally {
        await lab.stop();
      }
    },
    180_000,
  );
});

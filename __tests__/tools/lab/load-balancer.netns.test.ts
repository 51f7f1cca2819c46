import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { EmulatedFlow } from "../../../tools/lab/gwlb/emulator-maps";
import { eventually } from "../../support/namespaces";
import { describeLab, hurryHealthChecks, refusalsOf, TEST_TIMEOUT_MS } from "./running-lab";

const WEB = "198.51.100.80";
const OTHER_WEB = "198.51.100.82";

/**
 * For every line of its input one request over the same connection, on which TCP sends nothing of its own; prints the connection's port,
 * or that nothing came. A line `reset` ends the connection with RST.
 */
const CONNECTION = `
  const http = require("node:http");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1, keepAliveMsecs: 3600_000 });
  let socket;
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    if (line === "reset") return socket.once("close", () => console.log("closed")).resetAndDestroy();
    const silence = setTimeout(() => console.log("silence"), 1500);
    http.get({ host: "${WEB}", agent }, (response) => {
      clearTimeout(silence);
      response.resume().on("end", () => console.log(response.req.socket.localPort));
    }).on("socket", (its) => (socket = its)).on("error", () => undefined);
  });`;

describeLab(
  "the lab's Gateway Load Balancer with two appliances",
  {
    target: "pass-through",
    configuration: {
      appliance: { perZone: 2 },
      loadBalancer: {
        healthCheckIntervalSeconds: 5,
        healthCheckTimeoutSeconds: 2,
        targetFailover: "no_rebalance",
      },
    },
  },
  (lab) => {
    const appliances = ["appliance-1", "appliance-2"];
    hurryHealthChecks(lab);
    const applianceOf = ({ target }: EmulatedFlow): string =>
      lab().plan.wiring.instances.find(({ addresses }) => addresses.includes(target))?.host ?? target;
    const flows = async (): Promise<readonly EmulatedFlow[]> => (await lab().report()).flows;
    const flowOf = async (port: number): Promise<EmulatedFlow | undefined> =>
      (await flows()).find(
        ({ lowPort, highPort }) => [lowPort, highPort].includes(port) && [lowPort, highPort].includes(80),
      );
    const usedFor = async (address: string): Promise<string[]> => {
      const used = (await flows()).filter(({ low, high }) => [low, high].includes(address)).map(applianceOf);
      return [...new Set(used)].sort();
    };

    const connections: ChildProcess[] = [];
    const connection = () => {
      const child = lab().spawn("client", [process.execPath, "-e", CONNECTION], { stdio: ["pipe", "pipe", "inherit"] });
      connections.push(child);
      return async (line = ""): Promise<string> => {
        child.stdin?.write(`${line}\n`);
        const [text] = (await once(child.stdout ?? child, "data")) as [Buffer];
        return text.toString().trim();
      };
    };
    afterEach(() => {
      connections.splice(0).forEach((child) => child.stdin?.end());
    });

    /** Connections to a server's port, each of a new flow. */
    const connect = (url: string, times = 12): Promise<string> =>
      lab().check(
        "client",
        "sh",
        "-ec",
        `for i in $(seq ${String(times)}); do curl -sSk --max-time 3 -o /dev/null ${url}; done`,
      );

    test("a fresh load balancer has refused nothing", async () => {
      await lab().check("client", "ping", "-n", "-c", "3", "-i", "0.1", WEB);
      expect(await refusalsOf(lab())).toEqual({});
    });

    test("by 5-tuple the connections of one client to one server are spread; by 3-tuple and 2-tuple they are not", async () => {
      await connect(`http://${WEB}/`, 24);
      expect(await usedFor(WEB)).toEqual(appliances);

      await lab().modifyLoadBalancer({ stickiness: "3-tuple" });
      for (const port of ["80", "443"]) await connect(`http${port === "443" ? "s" : ""}://${OTHER_WEB}/`);
      const byThree = (await flows()).filter(({ low, high }) => [low, high].includes(OTHER_WEB));
      expect(byThree).toMatchObject([{ protocol: 6, lowPort: 0, highPort: 0 }]);

      await lab().modifyLoadBalancer({ stickiness: "2-tuple" });
      await connect(`http://${OTHER_WEB}/`, 2);
      await lab().check("client", "ping", "-n", "-c", "2", "-i", "0.1", OTHER_WEB);
      const byTwo = (await flows()).filter(
        ({ protocol, low, high }) => protocol === 0 && [low, high].includes(OTHER_WEB),
      );
      expect(byTwo).toHaveLength(1);
      expect(byTwo[0]?.packetsOut).toBeGreaterThan(10);
      expect(byTwo[0]?.packetsBack).toBe(byTwo[0]?.packetsOut);

      await lab().modifyLoadBalancer({ stickiness: "5-tuple" });
      expect(await refusalsOf(lab())).toEqual({});
    });

    test(
      "after its idle timeout a TCP flow is forgotten: its packets are dropped, a SYN makes a new flow; a ping makes one at once",
      async () => {
        await lab().modifyLoadBalancer({ tcpIdleSeconds: 2, otherIdleSeconds: 2 });
        const ask = connection();
        const port = await ask();
        await wait(1000); // less than the timeout
        expect(await ask()).toBe(port);
        const ping = async (): Promise<string | undefined> => {
          await lab().check("client", "ping", "-n", "-c", "1", WEB);
          return (await flows()).find(({ protocol, low, high }) => protocol === 1 && [low, high].includes(WEB))?.cookie;
        };
        const cookie = await ping();
        expect(await ping()).toBe(cookie);
        await wait(3000); // more than the timeout
        expect(await ask()).toBe("silence");
        expect(Object.keys(await refusalsOf(lab()))).toEqual(["no_flow"]);
        expect(await ping()).not.toBe(cookie);
        expect(await ask("reset")).toBe("closed");

        const before = await flowOf(Number(port));
        const again = ["curl", "-sS", "--max-time", "5", "--local-port", port, `http://${WEB}/`];
        expect(await lab().check("client", ...again)).toContain("was asked by");
        expect((await flowOf(Number(port)))?.cookie).not.toBe(before?.cookie);
        await lab().modifyLoadBalancer({ tcpIdleSeconds: 350, otherIdleSeconds: 120 });
      },
      TEST_TIMEOUT_MS,
    );

    test("a packet of 8500 bytes passes, one of 8501 is dropped without a word", async () => {
      const ping = (bytes: number) =>
        lab().exec(
          "client",
          "ping",
          "-n",
          "-c",
          "2",
          "-i",
          "0.1",
          "-W",
          "1",
          "-M",
          "dont",
          "-s",
          String(bytes - 28),
          WEB,
        );
      expect(await ping(8500)).toMatchObject({ status: 0 });
      const lost = await ping(8501);
      console.log(lost.stdout);
      expect(lost.status).toBe(1);
      expect(lost.stdout).not.toMatch(/from|too long/i);
      expect(await refusalsOf(lab())).toMatchObject({ too_big: 2 });
    });

    test(
      "a deregistered appliance gets no new flow; those that it has stay with no_rebalance, and move with rebalance",
      async () => {
        const ask = connection();
        const port = await ask();
        const flow = await flowOf(Number(port));
        const leaving = flow ? applianceOf(flow) : "none";
        await lab().setRegistered(leaving, false);
        expect(await ask()).toBe(port);
        expect(await flowOf(Number(port))).toMatchObject({ target: flow?.target });
        await connect("http://198.51.100.81/");
        expect(await usedFor("198.51.100.81")).toEqual(appliances.filter((one) => one !== leaving));

        await lab().modifyLoadBalancer({ failover: "rebalance" });
        expect(await ask()).toBe(port);
        const moved = await flowOf(Number(port));
        expect(moved && applianceOf(moved)).toBe(appliances.find((one) => one !== leaving));
        await lab().modifyLoadBalancer({ failover: "no_rebalance" });
        await lab().setRegistered(leaving, true);
        const health = async () => (await lab().report()).targets.map(({ health: { state } }) => state);
        const isHealthy = async () => (await health()).every((state) => state === "healthy") || undefined;
        await eventually(`${leaving} to be healthy again`, isHealthy, undefined, 30);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "flows of a failed appliance stay there, lost, with no_rebalance; rebalance moves them; new ones never go there",
      async () => {
        const ask = connection();
        const port = await ask();
        const flow = await flowOf(Number(port));
        const failed = flow ? applianceOf(flow) : "none";
        await lab().check(`${failed}-eni`, "ip", "link", "set", "vm", "down");
        const state = async () => (await lab().report()).targets.find(({ name }) => name === failed)?.health.state;
        const isFailed = async () => (await state()) === "unhealthy" || undefined;
        await eventually(`${failed} to be unhealthy`, isFailed, undefined, 30);
        expect(await ask()).toBe("silence");
        expect(await flowOf(Number(port))).toMatchObject({ target: flow?.target });
        await connect(`https://${WEB}/`);

        await lab().modifyLoadBalancer({ failover: "rebalance" });
        let last: EmulatedFlow | undefined;
        const moves = async () => {
          last = await flowOf(Number(port));
          return (last !== undefined && last.target !== flow?.target) || undefined;
        };
        await eventually("the flow to move with its next packet", moves, () => JSON.stringify(last), 30);
      },
      TEST_TIMEOUT_MS,
    );
  },
);

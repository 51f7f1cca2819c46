import { once } from "node:events";
import { eventually } from "../../support/namespaces";
import { describeLab, refusalsOf, TEST_TIMEOUT_MS } from "./running-lab";

/** AWS's lowest: an appliance that is gone is unhealthy after two intervals and a time-out. */
const CONFIGURATION = {
  zones: ["eu-west-1a", "eu-west-1b"],
  appliance: { perZone: 2 },
  loadBalancer: { healthCheckIntervalSeconds: 5, healthCheckTimeoutSeconds: 2 },
};

/** Asks once a tenth of a second over one connection, and prints a line for each answer, until its input ends. */
const CONVERSATION = `
  const http = require("node:http");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () => http.get({ host: "198.51.100.80", agent }, (response) => {
    console.log(response.req.socket.localPort);
    response.resume().on("end", () => setTimeout(ask, 100));
  }).on("error", (error) => { console.log(error.code); process.exit(1); });
  ask();`;

describeLab(
  "two zones with two appliances each in the lab",
  { target: "pass-through", configuration: CONFIGURATION },
  (lab) => {
    const addressOf = (host: string): string =>
      lab().plan.wiring.instances.find((port) => port.host === host)?.addresses[0] ?? "";
    const applianceOf = (address: string): string =>
      lab().plan.wiring.instances.find(({ addresses }) => addresses.includes(address))?.host ?? address;
    const zoneOf = (host: string): string | undefined =>
      lab().plan.wiring.instances.find((port) => port.host === host)?.subnet.zone;

    test(
      "flows stick to one appliance of their zone, and are spread over both",
      async () => {
        for (const client of ["client-1", "client-2"]) {
          await lab().check(
            client,
            "sh",
            "-ec",
            "for i in $(seq 24); do curl -sS --max-time 4 http://web.example.test/; done",
          );
        }
        const { flows } = await lab().report();
        const used = new Map<string, Set<string>>();
        for (const flow of flows.filter(({ protocol }) => protocol === 6)) {
          const client = [flow.low, flow.high].includes(addressOf("client-1")) ? "client-1" : "client-2";
          used.set(client, (used.get(client) ?? new Set()).add(applianceOf(flow.target)));
          expect(flow.packetsBack).toBe(flow.packetsOut);
        }
        console.log(used);
        for (const [client, appliances] of used) {
          expect([...appliances].map(zoneOf)).toEqual([zoneOf(client), zoneOf(client)]);
        }
        expect(used.size).toBe(2);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "the agent's SIGKILL alone loses nothing",
      async () => {
        const ping = lab().check("client-1", "ping", "-c", "150", "-i", "0.02", "-q", "web.example.test");
        const killed = ["appliance-1", "appliance-2", "appliance-3", "appliance-4"].map((host) => {
          const machine = lab().machine(host);
          const pid = machine.property("gwlb-agent.service", "MainPID");
          machine.exec("kill", "-KILL", pid);
          return { machine, pid };
        });
        const summary = await ping;
        console.log(summary);
        expect(summary).toContain("150 received, 0% packet loss");
        for (const { machine, pid } of killed) {
          const restarts = (): string => machine.property("gwlb-agent.service", "NRestarts");
          await eventually("a restart", () => (restarts() === "1" ? true : undefined), restarts);
          expect(machine.property("gwlb-agent.service", "MainPID")).not.toBe(pid);
        }
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "an appliance that is gone is taken out by its health check; running flows move, new ones avoid it",
      async () => {
        await eventually(
          "every appliance to be healthy again",
          async () =>
            (await lab().report()).targets.every(({ health }) => health.state === "healthy") ? true : undefined,
          undefined,
          30,
        );
        const talk = lab().spawn("client-1", [process.execPath, "-e", CONVERSATION], {
          stdio: ["pipe", "pipe", "inherit"],
        });
        let answers: string[] = [];
        talk.stdout?.on("data", (text) => answers.push(...String(text).trim().split("\n")));
        if (talk.stdout) await once(talk.stdout, "data");
        const port = Number(answers[0]);
        const flow = async () =>
          (await lab().report()).flows.find(({ lowPort, highPort }) => lowPort === port || highPort === port);
        const gone = applianceOf((await flow())?.target ?? "");
        await lab().check(`${gone}-eni`, "ip", "link", "set", "vm", "down");
        const since = Date.now();
        const state = async () => (await lab().report()).targets.find(({ name }) => name === gone)?.health.state;
        await eventually(
          `${gone} to be unhealthy`,
          async () => ((await state()) === "unhealthy" ? true : undefined),
          undefined,
          30,
        );
        const seconds = (Date.now() - since) / 1000;

        answers = [];
        await eventually(
          "the running flow to go on",
          () => (answers.length > 3 ? true : undefined),
          () => answers.join(),
          20,
        );
        const other = applianceOf((await flow())?.target ?? "");
        console.log(
          `${gone} was unhealthy after ${seconds.toFixed(1)} s; its flow from port ${String(port)} went to ${other}`,
        );
        expect(new Set(answers)).toEqual(new Set([String(port)])); // still the same connection
        expect(other).not.toBe(gone);
        expect(zoneOf(other)).toBe(zoneOf(gone));
        expect(seconds).toBeLessThan(2 * 5 + 2 + 5);
        const asked = "for i in $(seq 20); do curl -sS --max-time 2 http://web.example.test/; done";
        expect((await lab().check("client-1", "sh", "-ec", asked)).trim().split("\n")).toHaveLength(20);
        talk.kill();
      },
      TEST_TIMEOUT_MS,
    );

    test("the load balancer has refused nothing", async () => {
      expect(await refusalsOf(lab())).toEqual({});
    });
  },
);

import type { Lab } from "../../../tools/lab/lab";
import { untilServed } from "./get-over-http";
import { type NewFlows, offerNewFlows } from "./new-flows";
import { describeLab, refusalsOf, TEST_TIMEOUT_MS } from "./running-lab";
import { whilePinging } from "./while-pinging";

/** New flows a second, and for how many seconds: ten with FAULT_FLOOD=full. */
const NEW_FLOWS = { aSecond: 100_000, seconds: process.env.FAULT_FLOOD === "full" ? 10 : 3 };

const drops = (lab: Lab, host: string): Promise<string> => lab.check(host, "gwlb-agent", "drops");

/** What came of the new flows, and of one that was there before. */
async function flood(lab: Lab): Promise<NewFlows & { readonly oldFlow: { sent: number; received: number } }> {
  let flows: NewFlows | undefined;
  const oldFlow = await whilePinging(lab, async () => {
    flows = await offerNewFlows(lab, NEW_FLOWS.aSecond, NEW_FLOWS.seconds);
  });
  if (!flows) throw new Error("no flow was offered");
  return { ...flows, oldFlow };
}

describeLab(
  "many new flows in pass-through with two appliances",
  { target: "pass-through", configuration: { appliance: { perZone: 2 } } },
  (lab) => {
    test(
      "100,000 a second where the machine can: all of them pass, an old flow goes on, nothing is dropped, the agents stay ready",
      async () => {
        const dropped = () => Promise.all(["appliance-1", "appliance-2"].map((host) => drops(lab(), host)));
        const before = await dropped();
        const { oldFlow, ...flows } = await flood(lab());
        const after = await dropped();
        const health = (await lab().report()).targets.map(({ health: { state } }) => state);
        console.log({ ...flows, oldFlow, health, drops: after, refused: await refusalsOf(lab()) });
        expect(health).toEqual(["healthy", "healthy"]);
        expect(after).toEqual(before);
        // The machine's processors are the lab's and the sender's; what they cannot take is lost before the appliances.
        expect(flows.returned).toBeGreaterThan(0.9 * flows.offered);
        expect(oldFlow.received).toBeGreaterThanOrEqual(oldFlow.sent * 0.9);
      },
      TEST_TIMEOUT_MS,
    );
  },
);

describeLab("many new flows in squid-bastion", { target: "squid-bastion" }, (lab) => {
  test(
    "100,000 a second where the machine can: none is a tracked connection, an old flow goes on, nothing is dropped, the agent stays ready",
    async () => {
      const { oldFlow, ...flows } = await flood(lab());
      const unexpected = (await drops(lab(), "appliance")).replace(/^link_multicast .*\n/m, "");
      const { agent } = JSON.parse(await lab().check("appliance", "gwlb-agent", "status", "--json")) as {
        agent: { ready: boolean };
      };
      console.log({ ...flows, oldFlow, ready: agent.ready, drops: unexpected });
      expect(agent.ready).toBe(true);
      expect(unexpected).toMatch(/^(REASON +PACKETS|nothing has been dropped)\n$/);
      expect(flows.connectionTracking.entries).toBeLessThan(1000);
      expect(flows.connectionTracking).toMatchObject({ earlyDrops: 0, drops: 0 });
      expect(flows.returned).toBeGreaterThan(0.5 * flows.offered);
      expect(oldFlow.received).toBeGreaterThan(oldFlow.sent / 2);
      await untilServed(lab());
    },
    TEST_TIMEOUT_MS,
  );
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withAssumedClients } from "../../../../tools/lab/plan/assumed-clients";
import { planLab } from "../../../../tools/lab/plan/lab-plan";
import { loadPlan } from "../../../../tools/lab/plan/load-plan";

const load = async (target: string) => {
  const directory = mkdtempSync(join(tmpdir(), "assumed-clients-"));
  try {
    return (await loadPlan(target, {}, join(directory, "synthesized"))).topology;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

const facts = { certificateAuthority: "PEM", node: "/usr/bin/node" };

test("an inspected subnet with nobody in it gets a client with a public address", async () => {
  const { wiring, machines } = planLab(await load("examples/create-hook"), facts);
  const [client] = wiring.instances.filter(({ role }) => role === "client");
  expect([client?.host, client?.addresses, client?.publicAddress]).toEqual(["client", ["10.1.0.10"], "203.0.113.10"]);
  expect(client?.instance.address).toMatch(/^a client in aws_subnet\.client_eu-west-1a_workload-subnet_/);
  expect(machines.find(({ host }) => host === "client")?.userDataFile).toBeUndefined();
}, 60_000);

test("nobody is assumed where the plan has clients, nor beside an endpoint or an appliance", async () => {
  const topology = await load("examples/two-zones");
  expect(withAssumedClients(topology)).toBe(topology);
  expect(topology.instances.map(({ address }) => address).filter((it) => it.startsWith("a client"))).toEqual([]);
}, 60_000);

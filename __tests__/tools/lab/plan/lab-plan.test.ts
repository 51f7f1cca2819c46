import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planLab } from "../../../../tools/lab/plan/lab-plan";
import { loadPlan } from "../../../../tools/lab/plan/load-plan";

const directory = mkdtempSync(join(tmpdir(), "lab-plan-"));

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

test("a lab's load balancer, resolvers and machines are the plan's", async () => {
  const { topology, objects } = await loadPlan(
    "squid-bastion",
    {
      zones: ["eu-west-1a", "eu-west-1b"],
      loadBalancer: {
        tcpIdleTimeoutSeconds: 600,
        healthCheckIntervalSeconds: 7,
        unhealthyThreshold: 4,
        targetFailover: "no_rebalance",
      },
    },
    directory,
  );
  const lab = planLab(topology, { certificateAuthority: "PEM", node: "/usr/bin/node" });
  expect(lab.emulator).toMatchObject({
    tcpIdleSeconds: 600,
    otherIdleSeconds: 120,
    stickiness: "5-tuple",
    failover: "no_rebalance",
    crossZone: false,
    healthCheck: { protocol: "HTTP", port: 8080, path: "/readyz", intervalSeconds: 7, unhealthyThreshold: 4 },
    targets: [
      { name: "appliance-1", zone: "eu-west-1a" },
      { name: "appliance-2", zone: "eu-west-1b" },
    ],
  });
  expect(lab.resolvers.map(({ host, address, names }) => [host, address, names["cdn.example.test"]])).toEqual([
    ["client-vpc", "10.1.0.2", "198.51.100.80"],
    ["inspection-vpc", "10.2.0.2", "198.51.100.82"],
  ]);
  expect(lab.machines.map(({ host }) => host).sort()).toEqual(
    ["appliance", "bastion", "client"].flatMap((role) => [`${role}-1`, `${role}-2`]),
  );
  const keys = [...objects.keys()].map((path) => path.replace(/^[^/]+\//, "").replace(/[0-9a-f]{64}/, "SHA-256"));
  expect(keys.sort()).toEqual(
    ["bridge", "eu-west-1a", "eu-west-1b"]
      .map((name) => `agent/${name}.json`)
      .concat("agent/SHA-256.tar")
      .sort(),
  );
  for (const { files, userDataFile = "" } of lab.machines) expect(files[userDataFile]).toMatch(/^#!\/bin\/bash\n/);
}, 60_000);

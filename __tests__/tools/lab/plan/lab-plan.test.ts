import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { INTERNET } from "../../../../tools/lab/fabric/internet";
import { wire } from "../../../../tools/lab/fabric/wiring";
import { planLab } from "../../../../tools/lab/plan/lab-plan";
import { loadPlan } from "../../../../tools/lab/plan/load-plan";
import type { Topology } from "../../../../tools/topology/topology";
import { roundTrip } from "../../../../tools/topology/walk";

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
  const publicAddresses = lab.wiring.instances.map(({ publicAddress }) => publicAddress);
  expect(new Set(publicAddresses).size).toBe(6);
  expect(publicAddresses).toEqual(lab.wiring.instances.map(({ networkInterface }) => networkInterface.publicIp));
  for (const { files, userDataFile = "" } of lab.machines) expect(files[userDataFile]).toMatch(/^#!\/bin\/bash\n/);
}, 60_000);

test("fails before anything is booted when an appliance is somebody else's AMI", async () => {
  const { topology } = await loadPlan("examples/vendor-appliance", {}, join(directory, "vendor"));
  expect(() => planLab(topology, { certificateAuthority: "PEM", node: "/usr/bin/node" })).toThrow(
    /^lab: aws_instance\.appliance must be set up by its user data, got none, and what its AMI holds runs nowhere but in AWS; npm run review walks a packet through the plan instead$/,
  );
}, 60_000);

describe("public addresses", () => {
  const load = (name: string) => loadPlan("pass-through", {}, join(directory, name)).then(({ topology }) => topology);
  const addressesIn = (topology: Topology) =>
    wire(topology).instances.map(({ role, publicAddress }) => `${role} ${publicAddress ?? "none"}`);
  const withPublicIps = (topology: Topology, ...publicIps: (string | undefined)[]): Topology => ({
    ...topology,
    networkInterfaces: topology.networkInterfaces.map((one) =>
      one.kind === "instance" ? { ...one, publicIp: publicIps.shift() } : one,
    ),
  });

  test("are the plan's, so that a packet is seen with the one that is predicted; the prediction says that it stands for another", async () => {
    const topology = await load("walked");
    const client = wire(topology).instances.find(({ role }) => role === "client");
    const text = (of: Topology) =>
      roundTrip(of, { from: client?.instance.address ?? "", to: INTERNET.web, protocol: "icmp" }).out.hops.find(
        ({ kind }) => kind === "internet gateway",
      )?.text;
    const translation = `translates ${client?.addresses[0] ?? ""} to ${client?.publicAddress ?? ""}, one to one`;
    expect(text(topology)).toMatch(
      new RegExp(` ${translation} \\(a placeholder: the public address is known after apply\\)$`),
    );
    expect(text({ ...topology, source: "state" })).toMatch(new RegExp(` ${translation}$`));
    expect(text(withPublicIps(topology, "192.0.32.1", "192.0.32.1"))).toMatch(/ to 192\.0\.32\.1, one to one$/);
  }, 60_000);

  test.each([
    ["unknown ones", ["assigned by AWS", "assigned by AWS"], ["203.0.113.10", "203.0.113.11"]],
    ["twice the same", ["203.0.113.10", "203.0.113.10"], ["203.0.113.10", "203.0.113.11"]],
    ["one of the lab's web servers", [INTERNET.web, "203.0.113.9"], ["203.0.113.10", "203.0.113.9"]],
    ["none", [undefined, "assigned by AWS"], ["none", "203.0.113.10"]],
  ])(
    "differ from each other and from the lab's own: %s",
    async (name, publicIps, addresses) => {
      const topology = withPublicIps(await load(name.replaceAll(/\W/g, "-")), ...publicIps);
      expect(addressesIn(topology).map((one) => one.split(" ")[1])).toEqual(addresses);
    },
    60_000,
  );
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { offlinePlan } from "../../../tools/offline-plan/offline-plan";
import { PRICES } from "../../../tools/review/cost/prices";
import { renderHtml } from "../../../tools/review/render/html";
import { renderJson } from "../../../tools/review/render/json";
import { renderMarkdown } from "../../../tools/review/render/markdown";
import { renderTerminal } from "../../../tools/review/render/terminal";
import { fails, review, type Review } from "../../../tools/review/review";
import { outcomeOf } from "../../../tools/review/summary";
import { readTopology } from "../../../tools/topology/read-topology";
import type { Topology } from "../../../tools/topology/topology";
import { type Scenario, synthesizeScenario } from "../../support/scenarios";
import { plannedTopology } from "./planned";

const topologies = new Map<string, Promise<Topology>>();

/** Planned once: a plan takes half a second of CPU. */
function topologyOf(scenario: Scenario, yaml = ""): Promise<Topology> {
  const key = `${scenario} ${yaml}`;
  const known = topologies.get(key) ?? plan(scenario, yaml);
  topologies.set(key, known);
  return known;
}

async function plan(scenario: Scenario, yaml: string): Promise<Topology> {
  const directory = mkdtempSync(join(tmpdir(), "rules-"));
  try {
    writeFileSync(join(directory, "cdk.tf.json"), JSON.stringify(synthesizeScenario(scenario, yaml).json));
    return readTopology((await offlinePlan(directory)).plan);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const reviewed = (topology: Topology): Review => review(topology, { name: "test", prices: PRICES });

/** What becomes of each packet, by what it is. */
const outcomes = (topology: Topology): Record<string, string> =>
  Object.fromEntries(
    reviewed(topology).walks.map((walk) => [walk.title.replace(/^.* -> internet, /, ""), outcomeOf(walk)]),
  );

const checks = (topology: Topology): readonly string[] => reviewed(topology).findings.map(({ check }) => check);

/** As `examples/own-filter-rules`, with one more rule. */
const rules = (rule: string): string => `
filter:
  rules:
    - name: no-other-dns
      match: { protocol: udp, destinationPorts: [53] }
      action: drop
    - ${rule}
`;
const NO_HTTPS = rules("{ name: no-https, match: { protocol: tcp, destinationPorts: [443] }, action: drop }");
const BOTH_WAYS = "delivered both ways, inspected both ways";

const contentOf = (topology: Topology, content: string | undefined): Topology => ({
  ...topology,
  s3Objects: topology.s3Objects.map((one) => (one.content === undefined ? one : { ...one, content })),
});

test("tc-filter: a rule drops port 80, 443 is delivered, and neither is a finding", async () => {
  const topology = await topologyOf("tc-filter");
  expect(outcomes(topology)).toEqual({ "tcp 443": BOTH_WAYS, "tcp 80": "dropped at the appliance by rule drop-http" });
  expect(fails(reviewed(topology), "note")).toBe(false);
});

describe("a rule of one's own that drops TCP 443", () => {
  test("is the walk's verdict, and no finding", async () => {
    const topology = await topologyOf("tc-filter", NO_HTTPS);
    expect(outcomes(topology)).toEqual({
      "tcp 443": "dropped at the appliance by rule no-https",
      "tcp 80": BOTH_WAYS,
      icmp: BOTH_WAYS,
    });
    expect(fails(reviewed(topology), "note")).toBe(false);
    expect(reviewed(topology).walks[0]?.judged.out.hops.at(-1)?.text).toMatch(/ drops the packet: rule no-https$/);
  });

  test("is in every report, in HTML neither good nor bad", async () => {
    const result = reviewed(await topologyOf("tc-filter", NO_HTTPS));
    const verdict = "dropped at the appliance by rule no-https";
    expect(renderTerminal(result)).toContain(`-> internet, tcp 443: ${verdict}\n`);
    expect(renderMarkdown(result)).toContain("tcp 443: dropped at the appliance by rule no-https</summary>");
    const html = await renderHtml(result);
    expect(html).toContain(`<span class="verdict unsure">${verdict}</span>`);
    expect(html).toContain("2 of 3 walks arrive and return the same way, the appliance&#39;s rules drop 1");
    const { walks } = JSON.parse(renderJson(result)) as { walks: { verdict: object; ruling: object }[] };
    expect(walks[0]).toMatchObject({
      verdict: { kind: "dropped", why: "rule no-https" },
      ruling: { kind: "drop", rule: "rule no-https", leg: "out" },
    });
  });

  test("hides no fault of the network: the way back that misses the endpoint is found", async () => {
    const topology = await topologyOf("tc-filter", NO_HTTPS);
    const associations = topology.associations.filter(({ gatewayId }) => gatewayId === undefined);
    expect(checks({ ...topology, associations })).toContain("same-endpoint-both-ways");
  });

  test("is not claimed where a plan hides parts of the network", async () => {
    const topology = await topologyOf("tc-filter", NO_HTTPS);
    expect(outcomes({ ...topology, hidden: ["aws_route.x is hidden"] })["tcp 443"]).toMatch(
      /^cannot determine \(out\) at \S+: it seems to be dropped: rule no-https; but aws_route.x is hidden$/,
    );
  });
});

test("a rule for the reply drops it on its way back", async () => {
  const yaml = rules("{ name: no-answers, match: { protocol: tcp, sourcePorts: [443] }, action: drop }");
  const topology = await topologyOf("tc-filter", yaml);
  expect(outcomes(topology)["tcp 443"]).toBe("the reply is dropped at the appliance by rule no-answers");
  expect(checks(topology)).toEqual([]);
});

test("a rule that asks for an endpoint's id cannot be decided before there is one", async () => {
  const yaml = rules("{ name: one-endpoint, match: { endpoint: 0a1b2c3d4e5f6001 }, action: drop }");
  const { walks } = reviewed(await topologyOf("tc-filter", yaml));
  expect(walks.map((walk) => outcomeOf(walk))).toEqual([BOTH_WAYS]);
  expect(walks[0]?.judged.out.hops.find(({ kind }) => kind === "appliance")?.assumptions).toEqual([
    "the appliance's rules are not known (rule one-endpoint asks for an endpoint's id, which is not known yet): it returns the packet",
  ]);
});

describe("squid-bastion", () => {
  test("80 and 443 are redirected to the bastion, which answers by the appliance; ping passes", async () => {
    const topology = await topologyOf("squid-bastion");
    expect(outcomes(topology)).toEqual({
      "tcp 443": "redirected to the bastion 10.2.0.20:3443, delivered both ways",
      "tcp 80": "redirected to the bastion 10.2.0.20:3180, delivered both ways",
      icmp: BOTH_WAYS,
    });
    expect(checks(topology)).toEqual([]);
    const [https] = reviewed(topology).walks;
    expect(https?.judged.out.hops.map(({ kind }) => kind)).toEqual([
      "host",
      "VPC router",
      "GWLB endpoint",
      "Gateway Load Balancer",
      "appliance",
      "VPC router",
      "host",
    ]);
    expect(https?.judged.back?.hops.map(({ kind }) => kind)).toEqual([
      "host",
      "VPC router",
      "appliance",
      "Gateway Load Balancer",
      "GWLB endpoint",
      "VPC router",
      "host",
    ]);
  });

  test("a bastion that does not let the clients in is found", async () => {
    const topology = await topologyOf("squid-bastion");
    const securityGroups = topology.securityGroups.map((group) => ({
      ...group,
      rules: group.rules.filter(({ direction, fromPort }) => direction === "egress" || fromPort !== 3443),
    }));
    expect(checks({ ...topology, securityGroups })).toEqual(["path-broken"]);
    expect(reviewed({ ...topology, securityGroups }).findings[0]?.what).toMatch(
      /tcp 443: redirected to 10\.2\.0\.20:3443, then dropped on its way there at security group .*: ingress: no ingress rule matches$/,
    );
  });

  test("an appliance that may not send for others is found", async () => {
    const topology = await topologyOf("squid-bastion");
    const networkInterfaces = topology.networkInterfaces.map((one) => ({ ...one, sourceDestCheck: true }));
    expect(outcomes({ ...topology, networkInterfaces })["tcp 443"]).toMatch(
      /^redirected to the bastion 10\.2\.0\.20:3443; dropped at \S+: its source\/destination check is on$/,
    );
  });

  test("a network ACL that refuses the bastion's answers is found", async () => {
    const topology = await topologyOf("squid-bastion");
    const { subnetId } = topology.networkInterfaces.find(({ address }) => /appliance_/.test(address)) ?? {};
    const acl: Topology["networkAcls"][number] = {
      id: "acl-1",
      address: "aws_network_acl.appliance",
      tags: {},
      isDefault: false,
      subnetIds: subnetId === undefined ? [] : [subnetId],
      rules: [{ number: 1, direction: "egress", action: "allow", protocol: "-1", cidr: "0.0.0.0/0" }],
    };
    const changed = { ...topology, networkAcls: [...topology.networkAcls, acl] };
    expect(outcomes(changed)["tcp 443"]).toMatch(
      /^redirected to the bastion 10\.2\.0\.20:3443; dropped at network ACL aws_network_acl.appliance: ingress: /,
    );
    expect(checks(changed)).toContain("path-broken");
  });

  test("a bastion's subnet without a route to the appliance is found", async () => {
    const topology = await topologyOf("squid-bastion");
    const routeTables = topology.routeTables.map((table) => ({
      ...table,
      routes: table.routes.filter(({ target }) => target.kind !== "network interface"),
    }));
    expect(outcomes({ ...topology, routeTables })["tcp 443"]).toMatch(
      /^redirected to the bastion 10\.2\.0\.20:3443; dropped at 10\.2\.0\.20: the answer to 10\.1\.0\.8 is not routed to /,
    );
    expect(checks({ ...topology, routeTables })).toContain("path-broken");
  });
});

describe("rules that cannot be read", () => {
  const assumed = (topology: Topology) =>
    reviewed(topology).walks.map((walk) => [
      outcomeOf(walk),
      ...(walk.judged.out.hops.find(({ kind }) => kind === "appliance")?.assumptions ?? []),
    ]);
  const notKnown = (why: string) => [
    [BOTH_WAYS, `the appliance's rules are not known (${why}): it returns the packet`],
  ];

  test.each([
    ["is not known yet", undefined],
    ["is no configuration of the agent", "{}"],
    ["is no JSON", "\u0000{"],
  ])("an object that %s", async (_, content) => {
    expect(assumed(contentOf(await topologyOf("tc-filter", NO_HTTPS), content))).toEqual(
      notKnown("its user data names no configuration of the agent in the plan"),
    );
  });

  test("user data that is not known yet", async () => {
    const topology = await topologyOf("tc-filter", NO_HTTPS);
    const instances = topology.instances.map((one) => ({ ...one, userData: undefined }));
    expect(assumed({ ...topology, instances })).toEqual(notKnown("its user data is not in the plan"));
  });

  test("somebody else's appliance", async () => {
    expect(assumed(await plannedTopology("article"))).toEqual(notKnown("its user data is not in the plan"));
  });
});

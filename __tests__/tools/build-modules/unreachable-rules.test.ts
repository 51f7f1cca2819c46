import * as fc from "fast-check";
import { Rule } from "../../../appliance-agent/src/rules/rule";
import { unreachableRules as unreachableForAgent } from "../../../appliance-agent/src/rules/unreachable-rules";
import { RULES_TYPE } from "../../../tools/build-modules/variables/rules";
import {
  MAX_COMPARED_RULES,
  repeatedRules,
  unreachableRules,
} from "../../../tools/build-modules/variables/unreachable-rules";
import { evaluate } from "../../support/evaluate";
import { agentRule } from "../../support/agent-rule";

const network = fc.constantFrom("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "0.0.0.0/0", "192.0.2.0/24");
const network6 = fc.constantFrom("::/0", "2001:db8::/32", "2001:db8:0:1::/64", "fd00::/8");
const ports = fc.constantFrom("0-65535", "1-1023", "80", "80-90", "443");
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });

/** Rules that ask for at most `most` networks or ranges of ports, so that many cover each other. */
const ruleOf = (most: number) =>
  fc
    .record({
      six: fc.boolean(),
      family: fc.boolean(),
      protocol: optional(fc.constantFrom("tcp", "6", "udp", "icmp", "1", "47")),
      source: fc.array(fc.tuple(network, network6), { maxLength: most }),
      destination: fc.array(fc.tuple(network, network6), { maxLength: most }),
      source_ports: fc.array(ports, { maxLength: most }),
      destination_ports: fc.array(ports, { maxLength: most }),
      icmp_type: optional(fc.constantFrom(0, 8)),
      endpoint: optional(fc.constantFrom("00112233445566aa", "00112233445566ab")),
      action: fc.constantFrom("drop", "forward"),
    })
    .map(({ six, family, protocol, source, destination, source_ports, destination_ports, icmp_type, ...rest }) => {
      const isIcmp = protocol === "icmp" || protocol === "1";
      const hasPorts = protocol === "tcp" || protocol === "6" || protocol === "udp";
      const isSix = six && !isIcmp;
      const own = (pairs: readonly (readonly [string, string])[]) => pairs.map(([v4, v6]) => (isSix ? v6 : v4));
      const match = {
        ...(family ? { family: isSix ? "ipv6" : "ipv4" } : {}),
        ...(protocol === undefined ? {} : { protocol }),
        ...(source.length ? { source: own(source) } : {}),
        ...(destination.length ? { destination: own(destination) } : {}),
        ...(hasPorts && source_ports.length ? { source_ports } : {}),
        ...(hasPorts && destination_ports.length ? { destination_ports } : {}),
        ...(isIcmp && icmp_type !== undefined ? { icmp_type } : {}),
        ...(rest.endpoint === undefined ? {} : { endpoint: rest.endpoint }),
      };
      return { match, action: rest.action };
    });

const listOf = (most: number, length: number) =>
  fc
    .array(ruleOf(most), { minLength: 2, maxLength: length })
    .map((rules) => rules.map((rule, index) => ({ name: `r${String(index)}`, ...rule })));

const asAgent = (rules: readonly object[]) => unreachableForAgent(rules.map((rule) => agentRule(rule) as Rule));

const inTerraform = async (lists: readonly (readonly object[])[]): Promise<{ rule: string; earlier: string }[][]> =>
  evaluate(RULES_TYPE, lists, unreachableRules("it"));

test("of two rules that ask for one thing each, Terraform finds the second unreachable exactly when the agent does", async () => {
  const lists = fc.sample(listOf(1, 2), { numRuns: 1500, seed: 4 });
  const found = await inTerraform(lists);
  const wanted = lists.map((rules) => asAgent(rules).map(({ rule }) => ({ earlier: "r0", rule: `r${String(rule)}` })));
  expect(wanted.filter(({ length }) => length > 0).length).toBeGreaterThan(150);
  expect(lists.filter((_, index) => JSON.stringify(found[index]) !== JSON.stringify(wanted[index]))).toEqual([]);
}, 120_000);

test("whatever the list, what Terraform finds unreachable is", async () => {
  const lists = fc.sample(listOf(3, 6), { numRuns: 500, seed: 5 });
  const found = await inTerraform(lists);
  expect(found.filter(({ length }) => length > 0).length).toBeGreaterThan(100);
  lists.forEach((rules, index) => {
    const unreachable = asAgent(rules).map(({ rule }) => `r${String(rule)}`);
    const wrong = found[index]?.map(({ rule }) => rule).filter((rule) => !unreachable.includes(rule));
    expect([rules, wrong]).toEqual([rules, []]);
  });
}, 120_000);

test("of a long list, the first rules are compared, and repetitions are found anywhere, in a few seconds", async () => {
  const rule = (index: number) => ({
    name: `r${String(index)}`,
    match: {
      protocol: "tcp",
      source: [`10.${String(index >> 8)}.${String(index & 255)}.0/24`],
      destination_ports: ["80"],
    },
    action: "drop",
  });
  const rules = Array.from({ length: 1000 }, (_, index) => rule(index));
  const part = (name: string) => ({ name, match: { ...rule(5).match, source: ["10.0.5.7/32"] }, action: "drop" });
  rules.splice(MAX_COMPARED_RULES - 1, 0, part("in-time"), part("too-late"));
  rules.push({ ...rule(6), name: "again" });
  const started = Date.now();
  const [found] = await inTerraform([rules]);
  const [repeated] = await evaluate(RULES_TYPE, [rules], repeatedRules("it"));
  console.log(
    `${String(rules.length)} rules, looked at twice, in ${String(Date.now() - started)} ms, Terraform included`,
  );
  expect(found).toEqual([{ rule: "in-time", earlier: "r5" }]);
  expect(repeated).toEqual([
    { rule: "too-late", earlier: "in-time" },
    { rule: "again", earlier: "r6" },
  ]);
}, 120_000);

test("what stands behind a rule that matches everything is found, and nothing else is", async () => {
  const all = { name: "all", match: {}, action: "drop" };
  const dns = { name: "dns", match: { protocol: "udp", destination_ports: ["53"] }, action: "drop" };
  const lists = [
    [dns, all],
    [all, dns, { ...dns, name: "more" }],
    [all],
    [],
    [dns, { ...dns, name: "more", action: "forward" }],
  ];
  const found = (await evaluate(RULES_TYPE, lists, repeatedRules("it"))) as { rule: string; earlier: string }[][];
  expect(found.map((list) => [...new Set(list.map(({ rule, earlier }) => `${rule} behind ${earlier}`))])).toEqual([
    [],
    ["dns behind all", "more behind all", "more behind dns"],
    [],
    [],
    [],
  ]);
}, 120_000);

import fc from "fast-check";
import { DecodeError } from "../../../appliance-agent/src/codec/decode-error";
import { encodeGwlbOptions } from "../../../appliance-agent/src/codec/gwlb-options";
import { decodeIpPacket } from "../../../appliance-agent/src/codec/ip-packet";
import { evaluate } from "../../../appliance-agent/src/rules/evaluate";
import { PacketFacts, packetFacts } from "../../../appliance-agent/src/rules/packet-facts";
import { Action, Rule } from "../../../appliance-agent/src/rules/rule";
import { describeAsRoot, withNamespaces } from "../../support/namespaces";
import { GWLB, InboundName, LoadedForTest, gwlbFrame } from "../../../tools/test-run/loaded-for-test";
import { someAction, somePacket, someRules } from "../rules/some-rules";
import { Random, mutated, packetWith } from "../../../tools/test-run/random-packets";

/** What the kernel must say about packets that come one after the other; written from `evaluate`, not from the C. */
class Model {
  /** First fragments, by what reassembly would go by. */
  private readonly firsts = new Map<string, PacketFacts>();
  private rules: readonly Rule[] = [];
  private defaultAction: Action = "forward";
  /** By rule name; the default action's under "". */
  hits = new Map<string, number>();

  /** Counters of rules whose name stays go on. */
  setRules(rules: readonly Rule[], defaultAction: Action): void {
    this.rules = rules;
    this.defaultAction = defaultAction;
    this.hits = new Map(["", ...rules.map(({ name }) => name)].map((name) => [name, this.hits.get(name) ?? 0]));
  }

  /** undefined: malformed */
  verdict(inner: Uint8Array, endpoint: bigint, protocolType: "ipv4" | "ipv6"): Action | undefined {
    const facts = wellFormed(inner, endpoint);
    if (facts?.family !== protocolType) return undefined;
    const { action, rule } = evaluate(this.rules, this.defaultAction, this.joined(facts, inner));
    const name = rule === undefined ? "" : (this.rules[rule]?.name ?? "");
    this.hits.set(name, (this.hits.get(name) ?? 0) + 1);
    return action;
  }

  /** A later fragment whose first was seen is judged as that was. */
  private joined(facts: PacketFacts, inner: Uint8Array): PacketFacts {
    const packet = decodeIpPacket(inner);
    if (!packet.fragment) return facts;
    const protocol = facts.family === "ipv4" ? packet.protocol : "";
    const key = [facts.endpoint, facts.source, facts.destination, packet.fragment.identification, protocol].join();
    if (facts.fragment === "first") this.firsts.set(key, facts);
    return this.firsts.get(key) ?? facts;
  }
}

/** GENEVE carries exactly one packet: what is behind its end is as wrong as what is missing. */
function wellFormed(inner: Uint8Array, endpoint: bigint): PacketFacts | undefined {
  try {
    const facts = packetFacts(inner, endpoint);
    const { headerLength, payload } = decodeIpPacket(inner);
    return headerLength + payload.length === inner.length ? facts : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Packets by what the model said of them: a property is empty when one of these is 0. */
interface Tally {
  pairs: number;
  malformed: number;
  forward: number;
  drop: number;
  laterFragments: number;
}

/** The same packets to the program and to the model, under one rule list. */
function compare(
  program: LoadedForTest,
  model: Model,
  list: { readonly rules: readonly Rule[]; readonly defaultAction: Action; readonly packets: readonly PacketFacts[] },
  random: Random,
  tally: Tally,
): void {
  program.setRules(list.rules, list.defaultAction);
  model.setRules(list.rules, list.defaultAction);
  for (const facts of list.packets) {
    const whole = packetWith(facts, random);
    const inner = random.chance(4) ? mutated(whole, random) : whole;
    const options = encodeGwlbOptions({ ...GWLB, endpointId: facts.endpoint });
    const protocolType = facts.family === "ipv6" ? 0x86dd : 0x0800;
    const expected = model.verdict(inner, facts.endpoint, facts.family);
    const got = program.verdict(gwlbFrame(inner, { options, protocolType }));
    tally.pairs++;
    tally[expected ?? "malformed"]++;
    if (facts.fragment === "later") tally.laterFragments++;
    if (got !== (expected === "forward" ? "send" : "drop"))
      throw new Error(
        `pair ${tally.pairs}: the model says ${expected ?? "malformed"}, the kernel ${got}; ` +
          `packet ${Buffer.from(inner).toString("hex")}, endpoint ${facts.endpoint}, ` +
          `rules ${JSON.stringify(list.rules)}, default ${list.defaultAction}`,
      );
  }
  const hits = program.dataPath.readRuleHits();
  const counted = new Map(
    [...hits.rules, ["", hits.defaultAction] as const].map(([name, count]) => [name, Number(count)]),
  );
  expect(counted).toEqual(model.hits);
}

const SEED = Number(process.env.DIFFERENTIAL_SEED ?? 20_261_122);

/** Lists of so many rules and one default action each; a longer list is several short ones behind each other. */
function someLists(lists: number, shortLists: number, seed: number): { rules: Rule[]; defaultAction: Action }[] {
  const short = fc.sample(fc.tuple(someRules(12), someAction), { numRuns: lists * shortLists, seed });
  return Array.from({ length: lists }, (_, list) => {
    const parts = short.slice(list * shortLists, (list + 1) * shortLists);
    const rules = parts.flatMap(([rules]) => rules).map((rule, index) => ({ ...rule, name: `rule-${String(index)}` }));
    return { rules, defaultAction: parts[0]?.[1] ?? "forward" };
  });
}

/** A program remembers 8192 fragmented packets for 30 s: it is renewed before that matters. */
const LISTS_TOGETHER = 30;

async function differential(name: InboundName, lists: number, packets: number, shortLists: number): Promise<Tally> {
  const tally: Tally = { pairs: 0, malformed: 0, forward: 0, drop: 0, laterFragments: 0 };
  const random = new Random(SEED + lists);
  const all = someLists(lists, shortLists, SEED + lists);
  const facts = fc.sample(somePacket, { numRuns: 2000, seed: SEED });
  for (let at = 0; at < all.length; at += LISTS_TOGETHER)
    await withNamespaces({ hosts: [] }, (namespaces) => {
      const program = new LoadedForTest(namespaces, name);
      const model = new Model();
      try {
        for (const { endpoint } of facts) program.admit(endpoint);
        for (const list of all.slice(at, at + LISTS_TOGETHER)) {
          const chosen = Array.from({ length: packets }, () => random.pick(facts));
          compare(program, model, { ...list, packets: chosen }, random, tally);
        }
      } finally {
        program.close();
      }
    });
  return tally;
}

describeAsRoot("the kernel's verdict and the interpreter's", () => {
  test.each([
    ["hairpin at tc", 200, 450, 1],
    ["hairpin at XDP", 30, 200, 1],
    ["decap", 30, 200, 1],
    ["hairpin at tc", 3, 60, 500],
  ] as const)(
    "%s: %i lists, %i packets each, %i random lists behind each other",
    async (name, lists, packets, shortLists) => {
      const tally = await differential(name, lists, packets, shortLists);
      process.stdout.write(`${name}, ${String(shortLists)} in a row: ${JSON.stringify(tally)}\n`);
      expect(tally.pairs).toBe(lists * packets);
      for (const count of Object.values(tally)) expect(count).toBeGreaterThan(0);
    },
    180_000,
  );
});

/**
 * What does a rule list cost per packet? One table: nanoseconds per packet by the number of rules, for the hairpin at tc.
 *
 * Every list is measured in turn, round after round, so that a slow moment of the machine hits all alike; the median of the
 * rounds is printed. One packet matches the last rule and no other, one matches none; both are dropped, for a packet that
 * is returned would be another one in the next run.
 *
 * @example npx tsx bench/rules.ts [rounds]
 */
import { composeIp } from "../appliance-agent/src/codec/ip-compose";
import { composeTcp } from "../appliance-agent/src/codec/upper-layer-compose";
import { Rule } from "../appliance-agent/src/rules/rule";
import { compileRules } from "../appliance-agent/src/rules/compile-rules";
import { withNamespaces } from "../tools/netns/namespaces";
import { LoadedForTest, gwlbFrame } from "../tools/test-run/loaded-for-test";
import { wholeNumberArgument } from "../tools/setup/whole-number";

const ROUNDS = wholeNumberArgument("bench:rules ROUNDS", process.argv[2], 15);
const SIZES = [1, 10, 100, 1000, 10_000, 65_536];
const REPEAT = 100_000;
const TC_ACT_SHOT = 2;

const FAMILIES = {
  ipv4: {
    ends: { source: "10.1.0.5", destination: "203.0.113.7" },
    network: (n: number) => `10.${String(64 + (n >> 16))}.${String((n >> 8) & 255)}.${String(n & 255)}/32`,
  },
  ipv6: {
    ends: { source: "2001:db8::5", destination: "2001:db8:1::7" },
    network: (n: number) => `2001:db8:2:${n.toString(16)}::/64`,
  },
} as const;

/** Rules of different sources and destination ports; the last one drops what the first packet is. */
function rules(count: number, network: (n: number) => string): Rule[] {
  const last: Rule = { name: "last", match: { protocol: "tcp", destinationPorts: [443] }, action: "drop" };
  const others = Array.from({ length: count - 1 }, (_, index) => ({
    name: `rule-${String(index)}`,
    match: {
      protocol: "tcp" as const,
      source: [network(index)],
      destinationPorts: [[index % 60_000, (index % 60_000) + 5] as [number, number]],
    },
    action: index % 2 ? ("drop" as const) : ("forward" as const),
  }));
  return [...others, last];
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

async function measure(family: keyof typeof FAMILIES): Promise<void> {
  const { ends, network } = FAMILIES[family];
  const frameTo = (destinationPort: number) =>
    gwlbFrame(composeIp(ends, composeTcp(ends, { sourcePort: 40_000, destinationPort })));
  const packets = { "last rule": frameTo(443), "no rule": frameTo(65_535) };
  await withNamespaces({ hosts: [] }, (namespaces) => {
    const loaded = SIZES.map((size) => {
      const program = new LoadedForTest(namespaces, "hairpin at tc");
      const list = rules(size, network);
      const begun = performance.now();
      const table = compileRules({ rules: list, defaultAction: "drop" });
      const compiled = performance.now();
      program.dataPath.writeRules(table);
      return { size, program, compileMs: compiled - begun, writeMs: performance.now() - compiled };
    });
    const rounds = new Map<string, number[]>();
    for (let round = 0; round < ROUNDS; round++)
      for (const { size, program } of loaded)
        for (const [name, frame] of Object.entries(packets)) {
          const { verdict, nanoseconds } = program.run(frame, REPEAT);
          if (verdict !== TC_ACT_SHOT) throw new Error(`bench: the packet was not dropped, got ${String(verdict)}`);
          const key = `${name} ${String(size)}`;
          rounds.set(key, [...(rounds.get(key) ?? []), nanoseconds]);
        }
    console.log(`${family}   rules   last rule ns   to one   no rule ns   to one   compile ms   write ms`);
    for (const { size, program, compileMs, writeMs } of loaded) {
      const columns = Object.keys(packets).flatMap((name) => {
        const time = median(rounds.get(`${name} ${String(size)}`) ?? []);
        return [time.toFixed(0), `${(time / median(rounds.get(`${name} 1`) ?? [])).toFixed(2)}x`];
      });
      const widths = [12, 15, 9, 13, 9, 13, 11];
      const row = [String(size), ...columns, compileMs.toFixed(0), writeMs.toFixed(0)];
      console.log(row.map((column, index) => column.padStart(widths[index] ?? 0)).join(""));
      program.close();
    }
  });
}

void (async () => {
  for (const family of ["ipv4", "ipv6"] as const) await measure(family);
})();

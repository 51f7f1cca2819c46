import { internetChecksum } from "../../appliance-agent/src/codec/internet-checksum";
import { Namespaces } from "../netns/namespaces";
import { INBOUND, InboundName, LoadedForTest } from "../test-run/loaded-for-test";
import { TABLE_RULES } from "../test-run/inbound-packets";
import { Random } from "../test-run/random-packets";
import { ETHERNET, mutate, SEEDS } from "./mutate";

/** What came of a run. */
export interface FuzzResult {
  readonly packets: number;
  /** Sent back, or on to a device. */
  readonly sent: number;
  /** Packets by what became of them; the sum is `packets`. */
  readonly counted: ReadonlyMap<string, number>;
}

/** How often, in packets, the counters are compared with what was sent. */
const COUNT_EVERY = 50_000;

/** @throws Error with the packet when an invariant is broken; see main.ts for them */
export function fuzz(namespaces: Namespaces, name: InboundName, packets: number, seed: number): FuzzResult {
  const program = new LoadedForTest(namespaces, name);
  const random = new Random(seed);
  const hairpin = INBOUND[name].mode === "hairpin";
  const before = program.counters();
  let sent = 0;
  try {
    program.setRules(TABLE_RULES);
    for (let n = 1; n <= packets; n++) {
      const packet = mutate(random.pick(SEEDS), random);
      if (program.verdict(packet) === "send") {
        sent++;
        const problem = hairpin ? wrongReturn(packet, program.lastPacket()) : wrongDecap(program.lastPacket());
        if (problem)
          throw new Error(`fuzz: packet ${n} ${problem}, got ${packet.toString("hex")}; seed ${seed}, ${name}`);
      }
      if (n % COUNT_EVERY === 0 || n === packets) requireCounted(program, before, n);
    }
    return { packets, sent, counted: grown(program, before) };
  } finally {
    program.close();
  }
}

/** undefined: nothing is wrong */
function wrongReturn(packet: Buffer, returned: Buffer): string | undefined {
  const expected = Buffer.from(packet);
  packet.copy(expected, 0, 6, 12);
  packet.copy(expected, 6, 0, 6);
  packet.copy(expected, 26, 30, 34);
  packet.copy(expected, 30, 26, 30);
  if (!returned.equals(expected)) return "came back changed";
  const header = returned.subarray(ETHERNET, ETHERNET + (returned.readUInt8(ETHERNET) & 0xf) * 4);
  return internetChecksum(header) === 0 ? undefined : "came back with a wrong checksum";
}

function wrongDecap(packet: Buffer): string | undefined {
  const inner = packet.subarray(ETHERNET);
  const version = (inner[0] ?? 0) >> 4;
  if (version !== 4 && version !== 6) return "is handed on as no IP packet";
  const length = version === 4 ? inner.readUInt16BE(2) : 40 + inner.readUInt16BE(4);
  return length <= inner.length ? undefined : "is handed on cut short"; // behind its end: the frame's padding
}

/** Flows and fates are different counters: only fates are packets. */
function grown(program: LoadedForTest, before: ReadonlyMap<string, bigint>): Map<string, number> {
  return new Map(
    [...program.counters()]
      .map(([name, count]) => [name, Number(count - (before.get(name) ?? 0n))] as const)
      .filter(([, count]) => count > 0),
  );
}

function requireCounted(program: LoadedForTest, before: ReadonlyMap<string, bigint>, packets: number): void {
  const total = [...grown(program, before).values()].reduce((sum, count) => sum + count, 0);
  if (total !== packets)
    throw new Error(`fuzz: not every packet was counted once, got ${total} for ${packets}; see the counters`);
}

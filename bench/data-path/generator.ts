import { join } from "node:path";
import { loadProgram, type LoadedProgram } from "../../appliance-agent/src/datapath/bpf-object";
import { BpfMap, uint32 } from "../../appliance-agent/src/datapath/bpf-map";
import { attachToClsact } from "../../appliance-agent/src/datapath/clsact";
import { requireInterface } from "../../appliance-agent/src/datapath/interface";
import { attachXdp } from "../../appliance-agent/src/datapath/xdp-link";
import { LiveFrames } from "./live-frames";
import { processorNanoseconds } from "./processor-time";
import { encodeTemplate, encodeTraffic, frameOf, problemOf, type Link, type Traffic } from "./traffic";

/** Where and how packets are sent and counted. */
export interface GeneratorOptions {
  /** Interface of this namespace. */
  readonly device: string;
  readonly applianceMac: Uint8Array;
  /** Where the packets that come back are counted: XDP where the appliance sends by XDP, else tc. */
  readonly hook: "tc" | "xdp";
  /** On a mounted BPF file system, for the maps. */
  readonly pinDirectory: string;
  /** The file generator.bpf.o. */
  readonly object: string;
}

/** One measurement. */
export interface Run extends Traffic {
  /** 0: as fast as it goes. @default 0 */
  readonly packetsPerSecond?: number;
  /** @default - until the time is over */
  readonly mostPackets?: number;
  /** Stops when the first packet has come back. @default false */
  readonly untilReturned?: boolean;
  /** Not measured. @default 0 */
  readonly warmSeconds?: number;
  readonly seconds: number;
  /** For packets that are still on their way at the end. @default 0.03 */
  readonly drainSeconds?: number;
  /** Threads and processes of the data path. @default - none */
  readonly pids?: readonly number[];
}

/** What came of it. */
export interface RunResult {
  /** Packets in the measured time. */
  readonly sent: number;
  /** Packets in the measured time. */
  readonly returned: number;
  /** From the first packet that was sent to the last. */
  readonly seconds: number;
  /** Processor time of the given threads in the measured time. */
  readonly processorNanoseconds: number;
  /** Packets over all the time, with those that came back a little later. */
  readonly everSent: number;
  readonly everReturned: number;
  /** CLOCK_MONOTONIC, nanoseconds, of the very first packet of flow 0; 0 when there was none. */
  readonly firstSentAt: number;
  readonly firstReturnedAt: number;
  /** Packets that were compared byte by byte. */
  readonly checked: number;
  /** Those of them that were not as they should be, by what was wrong. */
  readonly wrong: Readonly<Record<string, number>>;
}

/**
 * Runs of the program in the first system call, from which it is known how many a second takes. All others of a
 * measurement are one call: around each the kernel waits for an RCU grace period, and nothing is sent meanwhile.
 */
const FIRST_CHUNK = 1 << 18;
const SENT_BYTES = 24;
const SAMPLES = 256;
const SAMPLE_BYTES = 2048;
const DRAIN_SECONDS = 0.03;
/** A trickle leaves the processor to others between two packets. */
const TRICKLE_PER_SECOND = 10_000;
const TRICKLE_CHUNK = 64;

/** Sends, counts and checks; runs in the load balancer's namespace. */
export class Generator {
  private readonly programs: { readonly generate: LoadedProgram; readonly count: LoadedProgram };
  private readonly index: number;
  private readonly link: Link;
  private runsPerSecond: number | undefined;

  constructor(options: GeneratorOptions) {
    const { device, hook, pinDirectory, object, applianceMac } = options;
    const load = (program: string) =>
      loadProgram({ path: object, program, mapDirectory: join(pinDirectory, "generator") });
    this.programs = { generate: load("generate"), count: load(hook === "xdp" ? "count_xdp" : "count_tc") };
    const { index, mac } = requireInterface(device);
    this.index = index;
    this.link = { gwlbMac: mac, applianceMac };
    if (hook === "xdp") attachXdp(join(pinDirectory, "count"), index, this.programs.count.fd);
    else attachToClsact({ interface: index, direction: "ingress" }, this.programs.count.fd);
  }

  async run(run: Run): Promise<RunResult> {
    const live = this.prepare(run);
    await this.sendFor(live, run, run.warmSeconds ?? 0);
    const from = this.reading(run);
    this.forgetSent();
    await this.sendFor(live, run, run.seconds);
    const to = this.reading(run);
    await milliseconds((run.drainSeconds ?? DRAIN_SECONDS) * 1000);
    const end = this.reading(run);
    return {
      sent: to.sent,
      returned: to.returned - from.returned,
      seconds: (to.lastSentAt - to.firstSentAt) / 1e9,
      processorNanoseconds: to.processorNanoseconds - from.processorNanoseconds,
      everSent: from.sent + end.sent,
      everReturned: end.returned,
      firstSentAt: end.firstSentAt,
      firstReturnedAt: end.firstReturnedAt,
      ...this.check(run),
    };
  }

  /** Flow 0's frame is every flow's but for what `generate` writes. */
  private prepare(run: Run): LiveFrames {
    this.runsPerSecond = undefined;
    const frame = frameOf(run, this.link, 0);
    const { flows, packetsPerSecond = 0, mostPackets = 0 } = run;
    const told = { flows, device: this.index, packetsPerSecond, most: mostPackets };
    this.map("templates").update(uint32(0), encodeTemplate(frame));
    this.forgetSent();
    const returned = this.map("returned", "count");
    returned.update(uint32(0), Buffer.alloc((returned.lookup(uint32(0)) ?? []).length * 40));
    for (let i = 0; i < SAMPLES; i++) this.map("samples", "count").update(uint32(i), Buffer.alloc(SAMPLE_BYTES));
    this.map("traffic").update(uint32(0), encodeTraffic(frame, told));
    return new LiveFrames(this.programs.generate.fd, frame);
  }

  private async sendFor(live: LiveFrames, run: Run, seconds: number): Promise<void> {
    const end = performance.now() + seconds * 1000;
    const { packetsPerSecond = 0 } = run;
    const trickles = packetsPerSecond > 0 && packetsPerSecond <= TRICKLE_PER_SECOND;
    while (performance.now() < end) {
      live.run(trickles ? TRICKLE_CHUNK : this.chunkFor((end - performance.now()) / 1000));
      if (trickles) await milliseconds(1);
      else this.learnRate();
      if (run.mostPackets !== undefined && this.sent().packets >= run.mostPackets) return;
      if (run.untilReturned === true && this.reading(run).returned > 0) return;
    }
  }

  private chunkFor(seconds: number): number {
    return this.runsPerSecond === undefined ? FIRST_CHUNK : Math.ceil(this.runsPerSecond * Math.max(seconds, 0.05));
  }

  /** From the first call after `prepare`. */
  private learnRate(): void {
    const { first, last } = this.sent();
    if (last > first) this.runsPerSecond ??= (FIRST_CHUNK * 1e9) / (last - first);
  }

  private forgetSent(): void {
    this.map("sent").update(uint32(0), Buffer.alloc(SENT_BYTES));
  }

  private sent(): { readonly packets: number; readonly first: number; readonly last: number } {
    const [bytes = Buffer.alloc(SENT_BYTES)] = this.map("sent").lookup(uint32(0)) ?? [];
    const [packets = 0, first = 0, last = 0] = [0, 8, 16].map((at) => Number(bytes.readBigUInt64LE(at)));
    return { packets, first, last };
  }

  private reading({ pids = [] }: Run) {
    const cpus = this.map("returned", "count").lookup(uint32(0)) ?? [];
    const firsts = cpus.map((cpu) => Number(cpu.readBigUInt64LE(32))).filter((first) => first > 0);
    const { packets, first, last } = this.sent();
    return {
      sent: packets,
      returned: cpus.reduce((sum, cpu) => sum + Number(cpu.readBigUInt64LE(0)), 0),
      firstSentAt: first,
      lastSentAt: last,
      firstReturnedAt: firsts.length === 0 ? 0 : Math.min(...firsts),
      processorNanoseconds: processorNanoseconds(pids),
    };
  }

  private check(run: Run): Pick<RunResult, "checked" | "wrong"> {
    const wrong: Record<string, number> = {};
    let checked = 0;
    for (let i = 0; i < SAMPLES; i++) {
      const [sample] = this.map("samples", "count").lookup(uint32(i)) ?? [];
      const length = sample?.readUInt32LE(0) ?? 0;
      if (sample === undefined || length === 0) continue;
      checked += 1;
      const problem = problemOf(sample.subarray(4, 4 + length), run, this.link);
      if (problem !== undefined) wrong[problem] = (wrong[problem] ?? 0) + 1;
    }
    return { checked, wrong };
  }

  private map(name: string, program: "generate" | "count" = "generate"): BpfMap {
    const map = this.programs[program].maps.get(name);
    if (!map) throw new Error(`generator: no such map, got ${name}; build it again (npm run build:ebpf)`);
    return map;
  }
}

const milliseconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count));

import koffi from "koffi";
import { checked } from "./bpf-error";
import { libbpf } from "./libbpf";

/** Bytes that a returned packet may have: the kernel takes up to about a page, XDP fragments more. */
const OUTPUT_BYTES = 16_384;
/** struct bpf_test_run_opts. */
const OPTIONS_BYTES = 80;
/** struct __sk_buff, as far as it is used: until `hwtstamp`. */
const SKB_BYTES = 192;
const SKB_INGRESS_IFINDEX_AT = 36;
const SKB_IFINDEX_AT = 40;

/** What a program did with a packet. */
export interface TestRunResult {
  /** The program's return value: TC_ACT_* or XDP_*. */
  readonly verdict: number;
  /** The packet after the program; a view that the next run overwrites. */
  readonly packet: Uint8Array;
  /** Nanoseconds of one run, the mean of `repeat` runs. */
  readonly nanoseconds: number;
}

/** Runs one program on packets that never were on a wire (BPF_PROG_TEST_RUN). */
export class TestRun {
  private readonly options = Buffer.alloc(OPTIONS_BYTES);
  private readonly input = Buffer.alloc(OUTPUT_BYTES);
  private readonly output = Buffer.alloc(OUTPUT_BYTES);
  private readonly context = Buffer.alloc(SKB_BYTES);
  private readonly addresses: { input: bigint; output: bigint; context: bigint };

  /**
   * @param programFd of a program at tc or XDP
   * @param skb at tc: what the program sees of the socket buffer's interfaces. @default - loopback
   */
  constructor(
    private readonly programFd: number,
    private readonly skb?: { readonly ifindex?: number; readonly ingressIfindex?: number },
  ) {
    // Known to the kernel by address only: the fields above keep the buffers alive.
    const addressOf = (buffer: Buffer) => BigInt(koffi.address(buffer));
    this.addresses = {
      input: addressOf(this.input),
      output: addressOf(this.output),
      context: addressOf(this.context),
    };
    this.context.writeUInt32LE(skb?.ingressIfindex ?? 0, SKB_INGRESS_IFINDEX_AT);
    this.context.writeUInt32LE(skb?.ifindex ?? 0, SKB_IFINDEX_AT);
  }

  /** @param repeat how often the program runs; it sees its own output as input from the second run on */
  run(packet: Uint8Array, repeat = 1): TestRunResult {
    const { options, addresses } = this;
    this.input.set(packet);
    options.writeBigUInt64LE(BigInt(OPTIONS_BYTES), 0);
    options.writeBigUInt64LE(addresses.input, 8);
    options.writeBigUInt64LE(addresses.output, 16);
    options.writeUInt32LE(packet.length, 24);
    options.writeUInt32LE(OUTPUT_BYTES, 28);
    options.writeBigUInt64LE(this.skb ? addresses.context : 0n, 32);
    options.writeUInt32LE(this.skb ? SKB_BYTES : 0, 48);
    options.writeUInt32LE(repeat, 60);
    checked(
      "BPF_PROG_TEST_RUN",
      `run on ${packet.length} bytes`,
      libbpf().bpf_prog_test_run_opts(this.programFd, options),
    );
    return {
      verdict: options.readInt32LE(56),
      packet: this.lastPacket(),
      nanoseconds: options.readUInt32LE(64),
    };
  }

  /** What the last run left; a view that the next run overwrites. */
  lastPacket(): Buffer {
    return this.output.subarray(0, this.options.readUInt32LE(28));
  }
}

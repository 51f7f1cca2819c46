import koffi from "koffi";
import { checked } from "../../appliance-agent/src/datapath/bpf-error";
import { libbpf } from "../../appliance-agent/src/datapath/libbpf";

const OPTIONS_BYTES = 80; // struct bpf_test_run_opts
const BPF_F_TEST_XDP_LIVE_FRAMES = 2;
/** Frames that the kernel hands to the device at once. */
const BATCH = 64;

/** Runs an XDP program on copies of one frame; what it redirects is really sent. */
export class LiveFrames {
  private readonly options = Buffer.alloc(OPTIONS_BYTES);
  /** Known to the kernel by address only: the field keeps the buffer alive. */
  private readonly frame: Buffer;

  constructor(
    private readonly programFd: number,
    frame: Uint8Array,
  ) {
    this.frame = Buffer.from(frame);
  }

  /** Blocks until the program has run `count` times. */
  run(count: number): void {
    const { options, frame, programFd } = this;
    options.fill(0);
    options.writeBigUInt64LE(BigInt(OPTIONS_BYTES), 0);
    options.writeBigUInt64LE(BigInt(koffi.address(frame)), 8);
    options.writeUInt32LE(frame.length, 24);
    options.writeUInt32LE(count, 60);
    options.writeUInt32LE(BPF_F_TEST_XDP_LIVE_FRAMES, 68);
    options.writeUInt32LE(BATCH, 76);
    checked("generator", `send ${count} frames`, libbpf().bpf_prog_test_run_opts(programFd, options));
  }
}

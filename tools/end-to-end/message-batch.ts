import koffi from "koffi";
import { libc } from "../../appliance-agent/src/host/libc";

/** `struct mmsghdr` and `struct iovec` of 64-bit Linux: recvmmsg(2). */
const HEADER_BYTES = 64;
const VECTOR_BYTES = 16;
const MSG_DONTWAIT = 0x40;

const library = koffi.load("libc.so.6");
const sendmmsg = library.func("int sendmmsg(int, void *, unsigned int, int)") as (...args: unknown[]) => number;
const recvmmsg = library.func("int recvmmsg(int, void *, unsigned int, int, void *)") as (...args: unknown[]) => number;

/** As many frames as one system call takes: 50,000 a second are otherwise more calls than Node makes. */
export class MessageBatch {
  /** One after the other, `frameBytes` each. */
  readonly frames: Buffer;
  private readonly headers: Buffer;
  private readonly vectors: Buffer;

  constructor(
    readonly count: number,
    readonly frameBytes: number,
  ) {
    this.frames = Buffer.alloc(count * frameBytes);
    this.vectors = Buffer.alloc(count * VECTOR_BYTES);
    this.headers = Buffer.alloc(count * HEADER_BYTES);
    for (let i = 0; i < count; i++) {
      this.vectors.writeBigUInt64LE(libc().addressOf(this.frames) + BigInt(i * frameBytes), i * VECTOR_BYTES);
      this.vectors.writeBigUInt64LE(BigInt(frameBytes), i * VECTOR_BYTES + 8);
      this.headers.writeBigUInt64LE(libc().addressOf(this.vectors) + BigInt(i * VECTOR_BYTES), i * HEADER_BYTES + 16);
      this.headers.writeBigUInt64LE(1n, i * HEADER_BYTES + 24);
    }
  }

  /** The frame to send at `index`; without this one is `frameBytes` long. */
  put(index: number, frame: Uint8Array): void {
    this.frames.set(frame, index * this.frameBytes);
    this.vectors.writeBigUInt64LE(BigInt(frame.length), index * VECTOR_BYTES + 8);
  }

  /** Sends the first `count` frames. @returns how many the kernel took */
  send(fd: number, count: number): number {
    return Math.max(0, sendmmsg(fd, this.headers, count, 0));
  }

  /** Takes what has come, without waiting. @returns how many frames there are */
  receive(fd: number): number {
    return Math.max(0, recvmmsg(fd, this.headers, this.count, MSG_DONTWAIT, null));
  }

  /** Length of a received frame. */
  lengthOf(index: number): number {
    return this.headers.readUInt32LE(index * HEADER_BYTES + 56);
  }

  /** A received frame; a view. */
  frame(index: number): Buffer {
    const at = index * this.frameBytes;
    return this.frames.subarray(at, at + this.lengthOf(index));
  }
}

import { closeSync } from "node:fs";
import { libc } from "./libc";

/** packet(7), socket(7), and linux/if_ether.h. */
const AF_PACKET = 17;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const ETH_P_ALL = 3;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_IGNORE_OUTGOING = 23;
const POLLIN = 1;

/** Room for a burst that arrives while JavaScript does something else. */
const RECEIVE_BUFFER_BYTES = 32 * 1024 * 1024;

/** The largest frame of a device whose GRO merges packets. */
const MAX_FRAME_BYTES = 65_536 + 18;

/** Between two looks at whether to stop. */
const POLL_MS = 100;

/** One instruction of a classic BPF program, linux/filter.h: code, jump if true, jump if false, constant. */
export type FilterInstruction = readonly [code: number, jt: number, jf: number, k: number];

/** Accepts GENEVE over IPv4, unfragmented: what `tcpdump -dd "ip and udp dst port 6081"` prints, for Ethernet. */
export const GENEVE_FILTER: readonly FilterInstruction[] = [
  [0x28, 0, 0, 12] /* EtherType */,
  [0x15, 0, 8, 0x0800],
  [0x30, 0, 0, 23] /* protocol */,
  [0x15, 0, 6, 17],
  [0x28, 0, 0, 20] /* fragment offset */,
  [0x45, 4, 0, 0x1fff],
  [0xb1, 0, 0, 14] /* header length */,
  [0x48, 0, 0, 16] /* UDP destination port */,
  [0x15, 0, 1, 6081],
  [0x06, 0, 0, 0x40000],
  [0x06, 0, 0, 0],
];

/** How a packet socket is opened. */
export interface PacketSocketOptions {
  readonly interface: string;
  /** @default - every frame */
  readonly filter?: readonly FilterInstruction[];
  /** `both`: also what the host sends. @default "both" */
  readonly direction?: "incoming" | "both";
}

/** Whole Ethernet frames of an interface. */
export interface PacketSocket {
  /** Non-blocking. */
  readonly fd: number;
  /** Calls `received` with every frame until `signal` aborts; the bytes are the callee's. */
  receive(received: (frame: Uint8Array) => void | Promise<void>, signal: AbortSignal): Promise<void>;
  /** @throws Error when the kernel does not take the frame */
  send(frame: Uint8Array): void;
  close(): void;
}

/** @throws Error when there is no such interface, or the process lacks CAP_NET_RAW */
export function openPacketSocket(options: PacketSocketOptions): PacketSocket {
  const index = libc().if_nametoindex(options.interface);
  if (index === 0) throw new Error(`packet socket: no such interface, got '${options.interface}'; see 'ip link'`);
  const fd = libc().socket(AF_PACKET, SOCK_RAW_NONBLOCK_CLOEXEC, 0);
  if (fd < 0)
    throw new Error(`packet socket: the kernel refuses one, got errno ${libc().errno()}; CAP_NET_RAW is needed`);
  const size = Buffer.alloc(4);
  size.writeInt32LE(RECEIVE_BUFFER_BYTES);
  libc().setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, size.length);
  if (options.direction === "incoming")
    libc().setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, Buffer.from([1, 0, 0, 0]), 4);
  if (options.filter) attachFilter(fd, options.filter);
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(index, 4);
  if (libc().bind(fd, address, address.length) !== 0)
    throw new Error(`packet socket: cannot bind to '${options.interface}', got errno ${libc().errno()}; see 'ip link'`);
  return {
    fd,
    receive: (received, signal) => receive(fd, received, signal),
    send: (frame) => {
      const sent = libc().sendto(fd, frame, frame.length, 0, Buffer.alloc(0), 0);
      if (sent !== frame.length)
        throw new Error(
          `packet socket: frame of ${frame.length} bytes not sent, got errno ${libc().errno()}; check the MTU`,
        );
    },
    close: () => closeSync(fd),
  };
}

/** Not `recv` in a thread for every packet: one `poll` for as many as have come. */
async function receive(
  fd: number,
  received: (frame: Uint8Array) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const descriptor = Buffer.alloc(8);
  descriptor.writeInt32LE(fd, 0);
  descriptor.writeInt16LE(POLLIN, 4);
  const buffer = Buffer.alloc(MAX_FRAME_BYTES);
  while (!signal.aborted) {
    if ((await libc().poll(descriptor, 1, POLL_MS)) <= 0) continue;
    for (let burst = 0; burst < 256 && !signal.aborted; burst++) {
      const length = libc().recv(fd, buffer, buffer.length, 0);
      if (length < 0) break;
      await received(Uint8Array.prototype.slice.call(buffer, 0, length));
    }
  }
}

function attachFilter(fd: number, filter: readonly FilterInstruction[]): void {
  const code = Buffer.alloc(8 * filter.length);
  filter.forEach(([operation, jt, jf, k], at) => {
    code.writeUInt16LE(operation, 8 * at);
    code.writeUInt8(jt, 8 * at + 2);
    code.writeUInt8(jf, 8 * at + 3);
    code.writeUInt32LE(k, 8 * at + 4);
  });
  const program = Buffer.alloc(16);
  program.writeUInt16LE(filter.length, 0);
  program.writeBigUInt64LE(libc().addressOf(code), 8);
  if (libc().setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, program.length) !== 0)
    throw new Error(`packet socket: the kernel refuses the filter, got errno ${libc().errno()}; this is a defect`);
}

import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import koffi from "koffi";
import { libc } from "../../appliance-agent/src/host/libc";

/** linux/if_tun.h */
const TUNSETIFF = 0x400454ca;
const IFF_TUN_NO_PI = 0x0001 | 0x1000;

const ioctl = koffi.load("libc.so.6").func("int ioctl(int, unsigned long, void *)");

/** A TUN device of the process's namespace; it may be moved to another one while it is open. */
export class TunDevice {
  private readonly fd: number;

  constructor(readonly name: string) {
    this.fd = openSync("/dev/net/tun", constants.O_RDWR | constants.O_NONBLOCK);
    const request = Buffer.alloc(40);
    request.write(name);
    request.writeUInt16LE(IFF_TUN_NO_PI, 16);
    if (ioctl(this.fd, TUNSETIFF, request) !== 0) throw new Error(`TUN ${name}: errno ${koffi.errno()}`);
  }

  /** Calls `received` with every packet that the host sends into the device. */
  async receive(received: (packet: Uint8Array) => void, signal: AbortSignal): Promise<void> {
    const descriptor = Buffer.alloc(8);
    descriptor.writeInt32LE(this.fd, 0);
    descriptor.writeInt16LE(1 /* POLLIN */, 4);
    while (!signal.aborted) {
      if ((await libc().poll(descriptor, 1, 100)) <= 0) continue;
      for (let packet = this.read(); packet && !signal.aborted; packet = this.read()) received(packet);
    }
  }

  /** Gives the host a packet. */
  write(packet: Uint8Array): void {
    writeSync(this.fd, packet);
  }

  close(): void {
    closeSync(this.fd);
  }

  private read(): Uint8Array | undefined {
    const buffer = Buffer.alloc(65_536);
    try {
      return new Uint8Array(buffer.subarray(0, readSync(this.fd, buffer)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined;
      throw error;
    }
  }
}

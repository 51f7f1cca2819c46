import koffi from "koffi";
import { closeSync, readFileSync } from "node:fs";

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFMTU = 0x8921;
const SIOCGIFHWADDR = 0x8927;
const IFREQ_BYTES = 40;
const IFNAMSIZ = 16;
const IFF_UP = 1;

/** A network interface of this process's namespace. */
export interface Interface {
  readonly name: string;
  readonly index: number;
  /** 6 bytes; zero for an interface without link layer, as TUN. */
  readonly mac: Uint8Array;
  readonly up: boolean;
  /** Bytes of an IP packet. */
  readonly mtu: number;
}

/**
 * Asks the kernel, not /sys: that shows the namespace in which it was mounted, which may be another.
 *
 * @returns undefined when there is none of this name
 */
export function findInterface(name: string): Interface | undefined {
  const index = calls().if_nametoindex(name);
  const flags = index === 0 ? undefined : request(name, SIOCGIFFLAGS);
  const mtu = flags && request(name, SIOCGIFMTU);
  const address = mtu && request(name, SIOCGIFHWADDR);
  if (!address) return undefined;
  return {
    name,
    index,
    mac: address.subarray(IFNAMSIZ + 2, IFNAMSIZ + 8), // struct sockaddr: family, then the address
    up: (flags.readUInt16LE(IFNAMSIZ) & IFF_UP) !== 0,
    mtu: mtu.readInt32LE(IFNAMSIZ),
  };
}

/** @throws Error when there is none of this name */
export function requireInterface(name: string): Interface {
  const found = findInterface(name);
  if (found) return found;
  throw new Error(`underlay interface: not found, got ${name}; there are ${interfaceNames().join(", ")}`);
}

/** The name of an index, or undefined. */
export function interfaceName(index: number): string | undefined {
  return interfaceNames().find((name) => calls().if_nametoindex(name) === index);
}

/** Two lines of headings, then one for each interface. */
function interfaceNames(): string[] {
  const lines = readFileSync("/proc/self/net/dev", "utf8").split("\n").slice(2);
  return lines.flatMap((line) => /^\s*([^:\s]+):/.exec(line)?.[1] ?? []);
}

/** undefined: the interface went away */
function request(name: string, what: number): Buffer | undefined {
  const ifreq = Buffer.alloc(IFREQ_BYTES);
  ifreq.write(name, 0, IFNAMSIZ - 1, "ascii");
  const socket = calls().socket(AF_INET, SOCK_DGRAM, 0);
  try {
    return calls().ioctl(socket, what, ifreq) < 0 ? undefined : ifreq;
  } finally {
    closeSync(socket);
  }
}

interface Calls {
  if_nametoindex(name: string): number;
  socket(domain: number, type: number, protocol: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
}

let loaded: Calls | undefined;

function calls(): Calls {
  if (loaded) return loaded;
  const library = koffi.load("libc.so.6");
  return (loaded = {
    if_nametoindex: library.func("unsigned int if_nametoindex(const char *)") as Calls["if_nametoindex"],
    socket: library.func("int socket(int, int, int)") as Calls["socket"],
    ioctl: library.func("int ioctl(int, unsigned long, void *)") as Calls["ioctl"],
  });
}

import koffi from "koffi";

/** The C library's calls that Node does not offer; loaded when first used. */
export interface Libc {
  flock(fd: number, operation: number): number;
  socket(domain: number, type: number, protocol: number): number;
  sendto(fd: number, bytes: Uint8Array, length: number, flags: number, address: Uint8Array, size: number): number;
  bind(fd: number, address: Uint8Array, size: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, size: number): number;
  recv(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  if_nametoindex(name: string): number;
  /** poll(2) in another thread. */
  poll(descriptors: Uint8Array, count: number, timeoutMs: number): Promise<number>;
  /** Address of a buffer, for a structure that points to it; keep the buffer alive meanwhile. */
  addressOf(buffer: Uint8Array): bigint;
  /** errno of the last call. */
  errno(): number;
}

interface PollFunction {
  async(
    descriptors: Uint8Array,
    count: number,
    timeoutMs: number,
    done: (error: Error | null, result: number) => void,
  ): void;
}

let loaded: Libc | undefined;

/** The GNU C library of this machine. */
export function libc(): Libc {
  if (loaded) return loaded;
  const library = koffi.load("libc.so.6");
  const poll = library.func("int poll(_Inout_ void *, unsigned long, int)") as PollFunction;
  loaded = {
    flock: library.func("int flock(int, int)") as Libc["flock"],
    socket: library.func("int socket(int, int, int)") as Libc["socket"],
    sendto: library.func("long sendto(int, const void *, size_t, int, const void *, uint32_t)") as Libc["sendto"],
    bind: library.func("int bind(int, const void *, uint32_t)") as Libc["bind"],
    setsockopt: library.func("int setsockopt(int, int, int, const void *, uint32_t)") as Libc["setsockopt"],
    recv: library.func("long recv(int, void *, size_t, int)") as Libc["recv"],
    if_nametoindex: library.func("unsigned int if_nametoindex(const char *)") as Libc["if_nametoindex"],
    poll: (descriptors, count, timeoutMs) =>
      new Promise((done, fail) => {
        poll.async(descriptors, count, timeoutMs, (error, result) => (error ? fail(error) : done(result)));
      }),
    addressOf: (buffer) => koffi.address(buffer),
    errno: () => koffi.errno(),
  };
  return loaded;
}

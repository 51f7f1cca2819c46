import koffi from "koffi";

/** The C library's calls that Node does not offer; loaded when first used. */
export interface Libc {
  flock(fd: number, operation: number): number;
  socket(domain: number, type: number, protocol: number): number;
  sendto(fd: number, bytes: Uint8Array, length: number, flags: number, address: Uint8Array, size: number): number;
  /** errno of the last call. */
  errno(): number;
}

let loaded: Libc | undefined;

/** The GNU C library of this machine. */
export function libc(): Libc {
  if (loaded) return loaded;
  const library = koffi.load("libc.so.6");
  loaded = {
    flock: library.func("int flock(int, int)") as Libc["flock"],
    socket: library.func("int socket(int, int, int)") as Libc["socket"],
    sendto: library.func("ssize_t sendto(int, const void *, size_t, int, const void *, uint32_t)") as Libc["sendto"],
    errno: () => koffi.errno(),
  };
  return loaded;
}

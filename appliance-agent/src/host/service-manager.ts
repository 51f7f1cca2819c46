import { closeSync } from "node:fs";
import { libc } from "./libc";

/** Linux, x86-64 and arm64: socket(2). */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;

/** What systemd is told. */
export interface ServiceManager {
  /** Milliseconds within which `alive` must be called again. @default - systemd does not watch */
  readonly watchdogMs?: number;
  ready(status: string): void;
  reloading(monotonicUsec: bigint): void;
  stopping(status: string): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  alive(): void;
}

/**
 * Speaks sd_notify(3) to the service manager; silent when there is none.
 *
 * @param environment with NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID as systemd sets them
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
 */
export function serviceManager(environment: NodeJS.ProcessEnv = process.env): ServiceManager {
  const { NOTIFY_SOCKET: path, WATCHDOG_USEC: usec, WATCHDOG_PID: pid } = environment;
  const say = path ? (text: string) => send(path, text) : () => undefined;
  const watched = path && usec && (!pid || Number(pid) === process.pid);
  return {
    watchdogMs: watched ? Number(usec) / 1000 : undefined,
    ready: (status) => say(`READY=1\nSTATUS=${oneLine(status)}`),
    reloading: (monotonicUsec) => say(`RELOADING=1\nMONOTONIC_USEC=${monotonicUsec}`),
    stopping: (status) => say(`STOPPING=1\nSTATUS=${oneLine(status)}`),
    status: (text) => say(`STATUS=${oneLine(text)}`),
    alive: () => say("WATCHDOG=1"),
  };
}

/** Bytes of a `struct sockaddr_un`: a leading `@` names an abstract socket, unix(7). */
export function unixAddress(path: string): Buffer {
  const name = Buffer.from(path.startsWith("@") ? `\0${path.slice(1)}` : path);
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, name, Buffer.alloc(path.startsWith("@") ? 0 : 1)]);
}

/** A datagram socket is the only thing that systemd listens on, and Node has none for AF_UNIX. */
function send(path: string, text: string): void {
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) return;
  const bytes = Buffer.from(text);
  const address = unixAddress(path);
  libc().sendto(fd, bytes, bytes.length, MSG_DONTWAIT_NOSIGNAL, address, address.length);
  closeSync(fd);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

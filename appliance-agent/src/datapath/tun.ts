import { execFileSync } from "node:child_process";
import koffi from "koffi";
import { closeSync, openSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import { readSysctl, writeSysctl } from "../host/sysctl";
import { GWLB_MTU_BYTES } from "../rules/gwlb-mtu";
import { BpfError } from "./bpf-error";

const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFREQ_BYTES = 40;

let ioctl: ((fd: number, request: number, argument: Uint8Array | number) => number) | undefined;

/**
 * Makes a persistent TUN device, or takes the one there is, and brings it up with GWLB's MTU and without IPv6 addresses of
 * its own: the host would announce itself into flows that GWLB has never sent.
 *
 * @returns its file descriptor: what is written appears as received from the device
 */
export function openTun(name: string): number {
  const fd = openSync("/dev/net/tun", "r+");
  try {
    const request = Buffer.alloc(IFREQ_BYTES);
    request.write(name, 0, 15, "ascii");
    request.writeUInt16LE(IFF_TUN | IFF_NO_PI, 16);
    control(name, "make", fd, TUNSETIFF, request);
    control(name, "make persistent", fd, TUNSETPERSIST, 1);
    enableIpv6(name);
    /* Two commands: in one the kernel brings the device up first, and it has its address by then. */
    for (const setting of [["mtu", String(GWLB_MTU_BYTES), "addrgenmode", "none"], ["up"]])
      execFileSync("ip", ["link", "set", "dev", name, ...setting], { stdio: "pipe" });
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Where new devices have no IPv6 (`net.ipv6.conf.default.disable_ipv6`), no route of IPv6 may lead to them. */
function enableIpv6(name: string): void {
  const disabled = `net.ipv6.conf.${name}.disable_ipv6`;
  if (readSysctl(disabled) === "1") writeSysctl(disabled, "0");
}

/** Removes a device; its file descriptors become useless. */
export function removeTun(name: string): void {
  execFileSync("ip", ["link", "delete", "dev", name], { stdio: "pipe" });
}

function control(name: string, what: string, fd: number, request: number, argument: Uint8Array | number): void {
  if (!ioctl) {
    const library = koffi.load("libc.so.6");
    const withBuffer = library.func("int ioctl(int, unsigned long, void *)");
    const withNumber = library.func("ioctl", "int", ["int", "unsigned long", "unsigned long"]);
    ioctl = (...call) => (typeof call[2] === "number" ? withNumber(...call) : withBuffer(...call)) as number;
  }
  if (ioctl(fd, request, argument) >= 0) return;
  const code = getSystemErrorName(-koffi.errno());
  throw new BpfError(`TUN device ${name}`, what, code, REMEDIES[code]);
}

const REMEDIES: Readonly<Record<string, string>> = {
  EBUSY: "another process holds it: end that agent first",
  EPERM: "run as root, or with CAP_NET_ADMIN",
  EINVAL: "an interface of this name that is no TUN device exists: remove it",
};

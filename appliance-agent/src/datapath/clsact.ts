import { execFileSync } from "node:child_process";
import { checked, errnoName } from "./bpf-error";
import { interfaceName } from "./interface";
import { libbpf } from "./libbpf";

const HOOK_BYTES = 24; // struct bpf_tc_hook
const OPTIONS_BYTES = 32; // struct bpf_tc_opts
const BPF_TC_F_REPLACE = 1;

/** `enum bpf_tc_attach_point`. */
const ATTACH_POINT = { ingress: 1, egress: 2, both: 3 } as const;

/** Our place among the filters of an interface: what others attach is left alone. */
const PRIORITY = 6081;
const HANDLE = 1;

/** A side of an interface. */
export interface InterfaceSide {
  /** Interface index. */
  readonly interface: number;
  readonly direction: "ingress" | "egress";
}

/** Attaches a program to clsact, which is made when missing, or replaces ours in one step. */
export function attachToClsact(at: InterfaceSide, programFd: number): void {
  const where = `tc ${at.direction} of interface ${at.interface}`;
  const created = libbpf().bpf_tc_hook_create(hook(at.interface, ATTACH_POINT.both));
  if (created < 0 && errnoName(created) !== "EEXIST") checked(where, "add the clsact queueing discipline", created);
  const result = libbpf().bpf_tc_attach(
    hook(at.interface, ATTACH_POINT[at.direction]),
    options({ programFd, flags: BPF_TC_F_REPLACE }),
  );
  checked(where, "attach the program", result);
}

/** The id of our program at clsact, or undefined. */
export function attachedToClsact(at: InterfaceSide): number | undefined {
  const found = options({});
  const result = libbpf().bpf_tc_query(hook(at.interface, ATTACH_POINT[at.direction]), found);
  // Without clsact the kernel says EINVAL, without the interface ENODEV.
  if (result < 0 && ["ENOENT", "EINVAL", "ENODEV"].includes(errnoName(result))) return undefined;
  checked(`tc ${at.direction} of interface ${at.interface}`, "ask for the attached program", result);
  return found.readUInt32LE(16);
}

/**
 * Detaches our program when it is attached. clsact stays: to add or remove it the kernel stops the interface's queues
 * (dev_deactivate), and packets are lost; about 15 each time at 30,000 a second (veth, kernel 6.18, 2026-11).
 */
export function detachFromClsact(at: InterfaceSide): void {
  if (attachedToClsact(at) === undefined) return;
  const result = libbpf().bpf_tc_detach(hook(at.interface, ATTACH_POINT[at.direction]), options({}));
  checked(`tc ${at.direction} of interface ${at.interface}`, "detach the program", result);
}

/** Removes clsact unless somebody uses it. */
export function removeUnusedClsact(interfaceIndex: number): void {
  if (hasFilters(interfaceIndex)) return;
  const result = libbpf().bpf_tc_hook_destroy(hook(interfaceIndex, ATTACH_POINT.both));
  if (result < 0 && ["ENOENT", "EINVAL", "ENODEV"].includes(errnoName(result))) return;
  checked(`tc of interface ${interfaceIndex}`, "remove the clsact queueing discipline", result);
}

/** Whether anybody uses clsact; unknown without the program `tc`, and then it is left alone. */
function hasFilters(interfaceIndex: number): boolean {
  const name = interfaceName(interfaceIndex);
  if (name === undefined) return true;
  try {
    return ["ingress", "egress"].some(
      (direction) => execFileSync("tc", ["filter", "show", "dev", name, direction], { stdio: "pipe" }).length > 0,
    );
  } catch {
    return true;
  }
}

function hook(interfaceIndex: number, attachPoint: number): Buffer {
  const bytes = Buffer.alloc(HOOK_BYTES);
  bytes.writeBigUInt64LE(BigInt(HOOK_BYTES), 0);
  bytes.writeInt32LE(interfaceIndex, 8);
  bytes.writeInt32LE(attachPoint, 12);
  return bytes;
}

function options(given: { readonly programFd?: number; readonly flags?: number }): Buffer {
  const bytes = Buffer.alloc(OPTIONS_BYTES);
  bytes.writeBigUInt64LE(BigInt(OPTIONS_BYTES), 0);
  bytes.writeInt32LE(given.programFd ?? 0, 8);
  bytes.writeUInt32LE(given.flags ?? 0, 12);
  bytes.writeUInt32LE(HANDLE, 20);
  bytes.writeUInt32LE(PRIORITY, 24);
  return bytes;
}

import { closeSync, rmSync } from "node:fs";
import { BpfError, checked, errnoName } from "./bpf-error";
import { objectInfo } from "./bpf-map";
import { libbpf } from "./libbpf";

const BPF_XDP = 37; // enum bpf_attach_type
const XDP_FLAGS_DRV_MODE = 4;
const INFO_BYTES = 32; // struct bpf_link_info, as far as XDP's

/** What a pinned link holds in its place. */
export interface AttachedXdp {
  readonly programId: number;
  /** Interface index; 0 when the interface is gone. */
  readonly interface: number;
}

/** Attaches a program, or replaces the one of the pinned link in one step. */
export function attachXdp(pin: string, interfaceIndex: number, programFd: number): void {
  const attached = attachedXdp(pin);
  if (attached?.interface === interfaceIndex) return updateLink(pin, programFd);
  if (attached) detachXdp(pin);
  const options = Buffer.alloc(16); // struct bpf_link_create_opts, as far as `flags`
  options.writeBigUInt64LE(16n, 0);
  options.writeUInt32LE(XDP_FLAGS_DRV_MODE, 8); // never the slower generic mode without being asked
  const link = libbpf().bpf_link_create(programFd, interfaceIndex, BPF_XDP, options);
  if (link < 0) throw refused(interfaceIndex, errnoName(link));
  try {
    checked(pin, "pin the XDP link", libbpf().bpf_obj_pin(link, pin));
  } finally {
    closeSync(link);
  }
}

/** What the pinned link holds, or undefined. */
export function attachedXdp(pin: string): AttachedXdp | undefined {
  return withLink(pin, (link) => {
    const info = objectInfo(pin, link, INFO_BYTES);
    return { programId: info.readUInt32LE(8), interface: info.readUInt32LE(16) };
  });
}

/** Detaches the program of the pinned link when there is one. */
export function detachXdp(pin: string): void {
  withLink(pin, (link) => {
    const result = libbpf().bpf_link_detach(link);
    if (result < 0 && errnoName(result) !== "ENOLINK") checked(pin, "detach the XDP link", result);
  });
  rmSync(pin, { force: true });
}

function updateLink(pin: string, programFd: number): void {
  withLink(pin, (link) => checked(pin, "replace the XDP program", libbpf().bpf_link_update(link, programFd, null)));
}

function withLink<T>(pin: string, use: (link: number) => T): T | undefined {
  const link = libbpf().bpf_obj_get(pin);
  if (link < 0 && errnoName(link) === "ENOENT") return undefined;
  checked(pin, "open the XDP link", link);
  try {
    return use(link);
  } finally {
    closeSync(link);
  }
}

function refused(interfaceIndex: number, code: string): BpfError {
  const where = `XDP on interface ${interfaceIndex}`;
  const remedy =
    code === "EBUSY"
      ? "another XDP program is attached: detach it, or set hook to tc"
      : "its driver has no native XDP, or not for its MTU: set hook to tc";
  return new BpfError(where, "attach the program", code, remedy);
}

import { closeSync, rmSync } from "node:fs";
import { checked, errnoName } from "./bpf-error";
import { objectInfo } from "./bpf-map";
import { libbpf } from "./libbpf";

const INFO_BYTES = 32; // struct bpf_link_info, as far as XDP's and tcx's
const CREATE_OPTIONS_BYTES = 16; // struct bpf_link_create_opts, as far as `flags`

/** A place for a program, which a link holds. */
export interface LinkPlace {
  /** Interface index. */
  readonly interface: number;
  /** `enum bpf_attach_type`. */
  readonly attachType: number;
  /** Of BPF_LINK_CREATE. @default 0 */
  readonly flags?: number;
}

/** What a pinned link holds in its place. */
export interface PinnedLink {
  /** Kernel's id. */
  readonly programId: number;
  /** Interface index; 0 when the interface is gone, or somebody detached the link. */
  readonly interface: number;
}

/**
 * Attaches a program by a link that outlives the process, or replaces the one of the pinned link in one step. A link to
 * another interface is given up once the new one is attached.
 *
 * @param pin path on a BPF file system
 * @returns name of the errno with which the kernel refuses a new link, or undefined
 */
export function attachLink(pin: string, place: LinkPlace, programFd: number): string | undefined {
  if (pinnedLink(pin)?.interface === place.interface) return updateLink(pin, programFd);
  const options = Buffer.alloc(CREATE_OPTIONS_BYTES);
  options.writeBigUInt64LE(BigInt(CREATE_OPTIONS_BYTES), 0);
  options.writeUInt32LE(place.flags ?? 0, 8);
  const link = libbpf().bpf_link_create(programFd, place.interface, place.attachType, options);
  if (link < 0) return errnoName(link);
  try {
    detachLink(pin);
    checked(pin, "pin the link", libbpf().bpf_obj_pin(link, pin));
  } finally {
    closeSync(link);
  }
}

/** What the link pinned at a path holds, or undefined. */
export function pinnedLink(pin: string): PinnedLink | undefined {
  return withLink(pin, (link) => {
    const info = objectInfo(pin, link, INFO_BYTES);
    return { programId: info.readUInt32LE(8), interface: info.readUInt32LE(16) };
  });
}

/** Detaches the program of a pinned link, when there is one, and removes the pin. */
export function detachLink(pin: string): void {
  withLink(pin, (link) => {
    const result = libbpf().bpf_link_detach(link);
    if (result < 0 && errnoName(result) !== "ENOLINK") checked(pin, "detach the link", result);
  });
  rmSync(pin, { force: true });
}

function updateLink(pin: string, programFd: number): undefined {
  withLink(pin, (link) => checked(pin, "replace the program", libbpf().bpf_link_update(link, programFd, null)));
}

function withLink<T>(pin: string, use: (link: number) => T): T | undefined {
  const link = libbpf().bpf_obj_get(pin);
  if (link < 0 && errnoName(link) === "ENOENT") return undefined;
  checked(pin, "open the link", link);
  try {
    return use(link);
  } finally {
    closeSync(link);
  }
}

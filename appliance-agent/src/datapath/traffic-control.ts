import { BpfError } from "./bpf-error";
import { type InterfaceSide, attachToClsact, attachedToClsact, detachFromClsact } from "./clsact";
import { attachLink, detachLink, pinnedLink } from "./pinned-link";

/** `enum bpf_attach_type`: BPF_TCX_INGRESS, BPF_TCX_EGRESS. */
const TCX = { ingress: 46, egress: 47 } as const;

/** How a program is attached at tc: by a tcx link (Linux 6.6 and later), or as a filter of clsact. */
export type TrafficControlWay = "tcx" | "clsact";

/** Where a program is attached at tc. */
export interface TrafficControlHook extends InterfaceSide {
  /** Path for the tcx link's pin. */
  readonly pin: string;
}

/** What is attached there. */
export interface AttachedProgram {
  /** Kernel's id. */
  readonly programId: number;
  readonly way: TrafficControlWay;
}

/**
 * Attaches a program, or replaces ours in one step: each packet meets the old one or the new one. With tcx it comes behind the
 * tcx programs that others have attached before, and before every filter of clsact.
 */
export function attachToTrafficControl(at: TrafficControlHook, programFd: number): void {
  const place = { interface: at.interface, attachType: TCX[at.direction] };
  const code = attachLink(at.pin, place, programFd);
  // A kernel without tcx does not know the type.
  if (code === "EINVAL") return attachToClsact(at, programFd);
  if (code !== undefined)
    throw new BpfError(`tcx ${at.direction} of interface ${at.interface}`, "attach the program", code);
  // What an earlier agent left at clsact comes second, so that by now it meets no packet of ours.
  detachFromClsact(at);
}

/** Our program that packets meet first, or undefined. */
export function attachedToTrafficControl(at: TrafficControlHook): AttachedProgram | undefined {
  const link = pinnedLink(at.pin);
  if (link?.interface === at.interface) return { programId: link.programId, way: "tcx" };
  const programId = attachedToClsact(at);
  return programId === undefined ? undefined : { programId, way: "clsact" };
}

/** Detaches our program, however it is attached. */
export function detachFromTrafficControl(at: TrafficControlHook): void {
  detachLink(at.pin);
  detachFromClsact(at);
}

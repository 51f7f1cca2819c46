import { BpfError } from "./bpf-error";
import { attachLink } from "./pinned-link";

const BPF_XDP = 37; // enum bpf_attach_type
const XDP_FLAGS_DRV_MODE = 4;

/** Attaches a program to an interface's native XDP, or replaces the one of the pinned link in one step. */
export function attachXdp(pin: string, interfaceIndex: number, programFd: number): void {
  /* Never the slower generic mode without being asked. */
  const place = { interface: interfaceIndex, attachType: BPF_XDP, flags: XDP_FLAGS_DRV_MODE };
  const code = attachLink(pin, place, programFd);
  if (code === undefined) return;
  const remedy =
    code === "EBUSY"
      ? "another XDP program is attached: detach it, or set hook to tc"
      : "its driver has no native XDP, or not for its MTU: set hook to tc";
  throw new BpfError(`XDP on interface ${interfaceIndex}`, "attach the program", code, remedy);
}

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { interfaceName } from "./interface";
import type { Attachment } from "./settings";
import {
  attachToTrafficControl,
  attachedToTrafficControl,
  detachFromTrafficControl,
  removeClsact,
} from "./traffic-control";
import { attachXdp, attachedXdp, detachXdp } from "./xdp-link";

/** Where the program sits on the underlay interface. */
export class UnderlayAttachment {
  private readonly xdpPin: string;

  constructor(private readonly pinDirectory: string) {
    this.xdpPin = join(pinDirectory, "xdp-link");
  }

  /** Attaches, or replaces in one step; then detaches what was attached elsewhere. */
  attach(attachment: Attachment, interfaceIndex: number, programFd: number, before: number | undefined): void {
    mkdirSync(this.pinDirectory, { recursive: true, mode: 0o700 });
    if (attachment === "hairpin-xdp") {
      attachXdp(this.xdpPin, interfaceIndex, programFd);
      detachFromTrafficControl({ interface: interfaceIndex, direction: "ingress" });
    } else {
      attachToTrafficControl({ interface: interfaceIndex, direction: "ingress" }, programFd);
      detachXdp(this.xdpPin);
    }
    if (before !== undefined && before !== 0 && before !== interfaceIndex)
      detachFromTrafficControl({ interface: before, direction: "ingress" });
  }

  /** The kernel's id of the attached program, or undefined. */
  programId(attachment: Attachment, interfaceIndex: number): number | undefined {
    if (attachment !== "hairpin-xdp")
      return attachedToTrafficControl({ interface: interfaceIndex, direction: "ingress" });
    const link = attachedXdp(this.xdpPin);
    return link?.interface === interfaceIndex ? link.programId : undefined;
  }

  detach(interfaceIndex: number): void {
    detachXdp(this.xdpPin);
    detachFromTrafficControl({ interface: interfaceIndex, direction: "ingress" });
    const name = interfaceName(interfaceIndex);
    if (name !== undefined && !hasFilters(name)) removeClsact(interfaceIndex);
  }
}

/** Whether anybody else uses clsact; unknown without the program `tc`, and then it is left alone. */
function hasFilters(name: string): boolean {
  try {
    return ["ingress", "egress"].some(
      (direction) => execFileSync("tc", ["filter", "show", "dev", name, direction], { stdio: "pipe" }).length > 0,
    );
  } catch {
    return true;
  }
}

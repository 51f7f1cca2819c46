import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { detachFromClsact, removeUnusedClsact } from "./clsact";
import { detachLink, pinnedLink } from "./pinned-link";
import type { Attachment } from "./settings";
import {
  type TrafficControlHook,
  type TrafficControlWay,
  attachToTrafficControl,
  attachedToTrafficControl,
  detachFromTrafficControl,
} from "./traffic-control";
import { attachXdp } from "./xdp-link";

/** The program on the underlay interface. */
export interface UnderlayProgram {
  /** Kernel's id. */
  readonly programId: number;
  readonly way: TrafficControlWay | "xdp";
}

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
      detachFromTrafficControl(this.ingressOf(interfaceIndex));
    } else {
      attachToTrafficControl(this.ingressOf(interfaceIndex), programFd);
      detachLink(this.xdpPin);
    }
    if (before !== undefined && before !== 0 && before !== interfaceIndex) detachFromClsact(this.ingressOf(before));
  }

  /** The attached program, or undefined. */
  program(attachment: Attachment, interfaceIndex: number): UnderlayProgram | undefined {
    if (attachment !== "hairpin-xdp") return attachedToTrafficControl(this.ingressOf(interfaceIndex));
    const link = pinnedLink(this.xdpPin);
    return link?.interface === interfaceIndex ? { programId: link.programId, way: "xdp" } : undefined;
  }

  detach(interfaceIndex: number): void {
    detachLink(this.xdpPin);
    detachFromTrafficControl(this.ingressOf(interfaceIndex));
    removeUnusedClsact(interfaceIndex);
  }

  private ingressOf(interfaceIndex: number): TrafficControlHook {
    return { interface: interfaceIndex, direction: "ingress", pin: join(this.pinDirectory, "tcx-underlay") };
  }
}

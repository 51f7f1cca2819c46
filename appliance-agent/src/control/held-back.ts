import { slotOfCommand } from "../rules/policy-routing";
import type { Change } from "./change";
import type { ServedEndpoint } from "./desired-state";

/**
 * Whether a change has to wait because another one failed: what lets packets in does, until what they need is there. A
 * failure that concerns one endpoint holds back no other, nor the data path: packets of an endpoint that is not let
 * through go to the agent, and no further.
 *
 * @param endpoints that are served
 */
export function isHeldBack(change: Change, failed: readonly Change[], endpoints: readonly ServedEndpoint[]): boolean {
  if (change.kind === "attach") return failed.some((other) => concerns(other, endpoints) === "all");
  if (change.kind !== "admit-endpoint" && change.kind !== "run-create-hook") return false;
  const whose = concerns(change, endpoints);
  return failed.some((other) => ["all", whose].includes(concerns(other, endpoints)));
}

/** An endpoint, "all" of them, or "none": something of an endpoint that is gone. */
function concerns(change: Change, endpoints: readonly ServedEndpoint[]): string {
  switch (change.kind) {
    case "make-devices":
    case "admit-endpoint":
      return change.endpoint;
    case "run-create-hook":
      return change.devices.endpoint;
    case "write-sysctl": {
      const words = change.name.split(".");
      return (
        endpoints.find(({ ingress, egress }) => words.includes(ingress) || words.includes(egress))?.endpoint ?? "all"
      );
    }
    case "ip": {
      const slot = slotOfCommand(change.argv);
      return slot === undefined ? "all" : (endpoints.find((it) => it.slot === slot)?.endpoint ?? "none");
    }
    default:
      return "all";
  }
}

import type { Hop } from "../../topology/walk-result";
import type { InstancePort, Wiring } from "../fabric/wiring";
import type { ObservedHop } from "./observed-hops";

/**
 * A prediction for the appliance that the load balancer chose: where a zone has several, the flow's hash decides, which
 * nobody can predict. An appliance that it could not choose changes nothing.
 */
export function forChosenAppliance(
  wiring: Wiring,
  predicted: readonly Hop[],
  observed: readonly ObservedHop[],
): readonly Hop[] {
  const at = predicted.findIndex(({ kind, assumptions }) => kind === "Gateway Load Balancer" && assumptions.length > 0);
  const hop = predicted[at];
  const chosen = observed[at]?.encapsulation?.outerDestination;
  const port = wiring.instances.find(({ role, addresses }) => role === "appliance" && addresses.includes(chosen ?? ""));
  if (!hop || !port || chosen === undefined || !isEligible(wiring, port, hop)) return predicted;
  return predicted.map((one, index): Hop => {
    if (one.encapsulation && index === at) {
      return { ...one, encapsulation: { ...one.encapsulation, outerDestination: chosen } };
    }
    if (one.kind !== "appliance") return one;
    const { id, address: name } = port.instance;
    const text = one.text.replaceAll(one.name, name);
    const encapsulation = one.encapsulation && { ...one.encapsulation, outerSource: chosen };
    return { ...one, id, name, subnetId: port.subnet.id, text, ...(encapsulation ? { encapsulation } : {}) };
  });
}

function isEligible({ topology }: Wiring, { subnet }: InstancePort, { id, zone }: Hop): boolean {
  const isCrossZone = topology.loadBalancers.some((one) => one.id === id && one.crossZone);
  return isCrossZone || subnet.zone === zone;
}

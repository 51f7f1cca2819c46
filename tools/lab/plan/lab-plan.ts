import { Topology } from "../../topology/topology";
import { Fabric } from "../fabric/fabric";
import { planFabric } from "../fabric/plan-fabric";
import { wire, Wiring } from "../fabric/wiring";
import { EmulatorConfiguration } from "../gwlb/emulator-configuration";
import { emulatorConfigurationOf } from "./emulator-configuration-of";
import { Resolver, resolversOf } from "./internet-names";
import { LabFacts, MachinePlan, machinePlans } from "./machine-plan";

/** Everything that a lab brings up, as a value. */
export interface LabPlan {
  readonly wiring: Wiring;
  readonly fabric: Fabric;
  readonly emulator: EmulatorConfiguration;
  readonly resolvers: readonly Resolver[];
  readonly machines: readonly MachinePlan[];
}

/** The lab of a topology. */
export function planLab(topology: Topology, facts: LabFacts): LabPlan {
  const wiring = wire(topology);
  return {
    wiring,
    fabric: planFabric(wiring),
    emulator: emulatorConfigurationOf(wiring),
    resolvers: resolversOf(wiring),
    machines: machinePlans(wiring, facts),
  };
}

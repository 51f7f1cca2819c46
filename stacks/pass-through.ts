import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { passThrough } from "../appliance-agent/src/rules/presets/pass-through";
import { Appliance } from "../modules/appliance";
import { addInspectedNetwork, ScenarioProps } from "./inspected-network";
import { addOutputs } from "./outputs";

/**
 * The appliance returns every packet: the insertion alone, to measure and to build on.
 *
 * ```text
 * client -> endpoint -> GWLB -> appliance -> GWLB -> endpoint -> internet gateway, and back the same way
 * ```
 */
export class PassThroughStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: ScenarioProps) {
    super(scope, id);
    const network = addInspectedNetwork(this, props);
    const { inspection: vpc, service, bundle } = network;
    const { region, appliance: size } = props.configuration;
    const configuration = passThrough({
      geneveSources: service.sourceCidrs,
      tcpIdleTimeoutSeconds: service.tcpIdleTimeoutSeconds,
      healthPort: service.healthCheckPort,
    });
    const appliance = new Appliance(this, "appliance", {
      vpc,
      service,
      bundle,
      configuration: () => configuration,
      ...size,
    });
    addOutputs(this, network, appliance, {
      region,
      instances: [...appliance.instances.values()].flat(),
      command: "sudo gwlb-agent endpoints",
    });
  }
}

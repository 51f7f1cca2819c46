import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { filter } from "../appliance-agent/src/rules/presets/filter";
import { Appliance } from "../modules/appliance";
import { addInspectedNetwork, ScenarioProps } from "./inspected-network";
import { addOutputs } from "./outputs";

/**
 * The appliance drops what rules name, in both directions, and returns the rest.
 *
 * ```text
 * client -> endpoint -> GWLB -> appliance -> GWLB -> endpoint -> internet gateway, and back the same way
 *                               | a rule says drop
 *                               x counted by rule
 * ```
 */
export class TcFilterStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: ScenarioProps) {
    super(scope, id);
    const network = addInspectedNetwork(this, props);
    const { inspection: vpc, service, bundle } = network;
    const { region, appliance: size, filter: rules } = props.configuration;
    const configuration = filter({
      geneveSources: service.sourceCidrs,
      tcpIdleTimeoutSeconds: service.tcpIdleTimeoutSeconds,
      healthPort: service.healthCheckPort,
      ...rules,
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
      command: "sudo gwlb-agent rules",
    });
  }
}

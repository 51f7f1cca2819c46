import { TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { squidBastion } from "../appliance-agent/src/rules/presets/squid-bastion";
import { Appliance } from "../modules/appliance";
import { SquidBastion } from "../modules/squid-bastion";
import { addInspectedNetwork, ScenarioProps } from "./inspected-network";
import { addOutputs } from "./outputs";

/**
 * The appliance routes: the clients' HTTP and HTTPS go to Squid on a bastion, undecrypted; the rest is forwarded.
 *
 * ```text
 * client :80 :443 -> endpoint -> GWLB -> appliance -> DNAT -> bridge and Squid on the zone's bastion -> internet gateway
 * client, the rest -> endpoint -> GWLB -> appliance -> GWLB -> endpoint -> internet gateway
 * internet -> client :80 -> dropped by the appliance
 * ```
 */
export class SquidBastionStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: ScenarioProps) {
    super(scope, id);
    const network = addInspectedNetwork(this, props);
    const { client, inspection: vpc, service, bundle } = network;
    const { region, appliance: size, squidBastion: proxy } = props.configuration;
    const { blockedInboundPorts, quic, ...bastionProps } = proxy;
    const clientCidrs = [client.cidr];
    const { tcpIdleTimeoutSeconds } = service;
    const bastion = new SquidBastion(this, "bastion", {
      vpc,
      bundle,
      clientCidrs,
      tcpIdleTimeoutSeconds,
      ...bastionProps,
    });
    const appliance = new Appliance(this, "appliance", {
      vpc,
      service,
      bundle,
      configuration: (zone) =>
        squidBastion({
          geneveSources: service.sourceCidrs,
          tcpIdleTimeoutSeconds,
          healthPort: service.healthCheckPort,
          clientCidrs,
          bastionAddress: bastion.addressIn(zone),
          bridgeHttpPort: bastion.configuration.listen.httpPort,
          bridgeHttpsPort: bastion.configuration.listen.httpsPort,
          blockedInboundPorts,
          quic,
        }),
      ...size,
      // An answer must meet the appliance that translated the question. Refusing another number would stop the other scenarios too.
      perZone: 1,
    });
    bastion.connectAppliances(appliance);
    addOutputs(this, network, appliance, {
      region,
      instances: [...bastion.instances.values()],
      command: "sudo tail -f /var/log/squid/access.log",
    });
  }
}

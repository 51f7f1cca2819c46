import { Instance } from "@cdktf/provider-aws/lib/instance";
import { TerraformOutput, TerraformStack } from "cdktf";
import { Appliance } from "../modules/appliance";
import { InspectedNetwork } from "./inspected-network";

/** What to look at in a scenario: a program that shows what happens, and the instances on which it does. */
export interface Watch {
  /** AWS region of the instances. */
  readonly region: string;
  readonly instances: readonly Instance[];
  /** Shell command; without single or double quotes. */
  readonly command: string;
}

/** What a user needs after `cdktf deploy`: ids, and commands that show packets at work. */
export function addOutputs(stack: TerraformStack, network: InspectedNetwork, appliance: Appliance, watch: Watch): void {
  const { insertion, service, workload } = network;
  const add = (id: string, description: string, value: unknown): void => {
    new TerraformOutput(stack, id, { value, description, staticId: true });
  };
  add(
    "endpoint_ids",
    "GWLB endpoint of each zone",
    byZone(insertion.endpoints, ({ id }) => id),
  );
  add("service_name", "Endpoint service to which other VPCs can connect endpoints", service.serviceName);
  add(
    "appliance_instance_ids",
    "Appliances of each zone",
    byZone(appliance.instances, (instances) => instances.map(({ id }) => id)),
  );
  add(
    "client_instance_ids",
    "Client of each zone, to send packets from",
    byZone(workload.instances, ({ id }) => id),
  );
  add("watch", "Commands that show what happens, one for each instance", watch.instances.map(sessionOf(watch)));
}

/** Over Systems Manager: there is no SSH. */
function sessionOf({ region, command }: Watch): (instance: Instance) => string {
  return ({ id }) =>
    `aws ssm start-session --region ${region} --target ${id} ` +
    `--document-name AWS-StartInteractiveCommand --parameters 'command=["${command}"]'`;
}

function byZone<In, Out>(map: ReadonlyMap<string, In>, each: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries([...map].map(([zone, value]) => [zone, each(value)]));
}

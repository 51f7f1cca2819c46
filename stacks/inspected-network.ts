import { TerraformStack } from "cdktf";
import { AgentArchive, AgentBundle } from "../modules/agent-bundle";
import { ClientVpc } from "../modules/client-vpc";
import { EndpointInsertion } from "../modules/endpoint-insertion";
import { FlowLogs } from "../modules/flow-logs";
import { GatewayLoadBalancerService } from "../modules/gateway-load-balancer-service";
import { InspectionVpc } from "../modules/inspection-vpc";
import { Workload } from "../modules/workload";
import { Configuration } from "./configuration";
import { addProvider } from "./provider";
import { addState } from "./state";

/** What every scenario takes. */
export interface ScenarioProps {
  readonly configuration: Configuration;
  /** The agent that every appliance and bastion runs. */
  readonly archive: AgentArchive;
}

/** What every scenario has: clients, a load balancer, and a way for packets between them. */
export interface InspectedNetwork {
  readonly client: ClientVpc;
  readonly inspection: InspectionVpc;
  readonly service: GatewayLoadBalancerService;
  readonly insertion: EndpointInsertion;
  readonly bundle: AgentBundle;
  readonly workload: Workload;
}

/**
 * Everything of a scenario but its appliances.
 *
 * ```text
 * client VPC     workload -> endpoint of its zone -> internet gateway, and back by the same endpoint
 * inspection VPC load balancer -> (appliances), with an internet gateway of its own
 * ```
 */
export function addInspectedNetwork(
  stack: TerraformStack,
  { configuration, archive }: ScenarioProps,
): InspectedNetwork {
  const { region, zones, clientVpc, inspectionVpc, loadBalancer, workload, flowLogs } = configuration;
  addProvider(stack, configuration);
  addState(stack, configuration);
  const client = new ClientVpc(stack, "client", { zones, ...clientVpc });
  const inspection = new InspectionVpc(stack, "inspection", { zones, ...inspectionVpc });
  const service = new GatewayLoadBalancerService(stack, "service", { vpc: inspection, ...loadBalancer });
  new FlowLogs(stack, "flow-logs", { vpcs: { client, inspection }, ...flowLogs });
  return {
    client,
    inspection,
    service,
    insertion: new EndpointInsertion(stack, "insertion", { vpc: client, serviceName: service.serviceName }),
    bundle: new AgentBundle(stack, "bundle", { archive, region }),
    workload: new Workload(stack, "workload", { vpc: client, ...workload }),
  };
}

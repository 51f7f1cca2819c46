import { ModuleDefinition } from "../definition";
import {
  AGENT_BUNDLE,
  APPLIANCE_MODULE,
  BASTION_MODULE,
  CLIENT_VPC,
  ENDPOINT_INSERTION,
  GATEWAY_LOAD_BALANCER_SERVICE,
  INSPECTION_VPC,
} from "./part-modules";
import { scenarioModule } from "./scenario-module";

/** Every module that `npm run build:modules` writes. */
export const DEFINITIONS: readonly ModuleDefinition[] = [
  scenarioModule(
    "pass-through",
    "The insertion alone: an appliance that returns every packet, to measure and to build on.",
  ),
  scenarioModule("tc-filter", "Appliances that drop what rules name, in both directions, and return the rest."),
  scenarioModule(
    "squid-bastion",
    "Appliances that route: the clients' HTTP and HTTPS go to Squid on a bastion, undecrypted; the rest is forwarded.",
  ),
  CLIENT_VPC,
  INSPECTION_VPC,
  GATEWAY_LOAD_BALANCER_SERVICE,
  ENDPOINT_INSERTION,
  AGENT_BUNDLE,
  APPLIANCE_MODULE,
  BASTION_MODULE,
];

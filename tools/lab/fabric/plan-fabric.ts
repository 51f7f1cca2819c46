import { Fabric, join } from "./fabric";
import { gatewayLoadBalancer } from "./gateway-load-balancer";
import { internet } from "./internet";
import { instanceWithInterface } from "./network-interface";
import { vpcRouter } from "./vpc-router";
import { Wiring } from "./wiring";

/** The whole network of a topology: routers, gateways, load balancer, instances and the internet. */
export function planFabric(wiring: Wiring): Fabric {
  return join([
    ...wiring.vpcs.map((vpc) => vpcRouter(wiring, vpc)),
    ...wiring.instances.map((port) => instanceWithInterface(wiring, port)),
    gatewayLoadBalancer(wiring),
    internet(wiring),
  ]);
}

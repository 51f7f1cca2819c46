import { GATEWAY_LOAD_BALANCER_HOST } from "../gwlb/emulator-configuration";
import { EMPTY_FABRIC, Fabric, Link, steps, sysctls } from "./fabric";
import { VPC_MTU } from "./network-interface";
import { routerAddress } from "./vpc-router";
import { EndpointPort, NodePort, Wiring } from "./wiring";

/** The namespace of the load balancer and its endpoints, with a cable to every VPC router that they are in. */
export function gatewayLoadBalancer({ endpoints, nodes }: Wiring): Fabric {
  const host = GATEWAY_LOAD_BALANCER_HOST;
  return {
    ...EMPTY_FABRIC,
    hosts: [host],
    links: [...endpoints, ...nodes].map((port) => cable(host, port)),
    steps: [
      sysctls(host, { "net.ipv4.conf.all.rp_filter": 0, "net.ipv4.conf.default.rp_filter": 0 }),
      ...nodes.flatMap(({ interface: name, subnet, vpc, routerMac }, index) =>
        steps(
          host,
          `ip neigh replace ${routerAddress(subnet)} lladdr ${routerMac} nud permanent dev ${name}`,
          ...vpc.vpc.ipv4Cidrs.map(
            (cidr) =>
              `ip route add ${cidr} via ${routerAddress(subnet)} dev ${name} onlink metric ${String(index + 1)}`,
          ),
        ),
      ),
    ],
  };
}

function cable(host: string, port: EndpointPort | NodePort): Link {
  const addresses = "zone" in port ? port.addresses.map((address) => `${address}/32`) : [];
  return {
    mtu: VPC_MTU,
    ends: [
      { host: port.vpc.host, name: port.routerInterface, mac: port.routerMac, addresses: [] },
      { host, name: port.interface, mac: port.mac, addresses },
    ],
  };
}

import { byId } from "../../topology/topology";
import { Check } from "../check";
import { endpointOfRoute, tableOf } from "../inspected-paths";

/** A stateful appliance behind a transit gateway needs both directions of a flow in one zone. */
export const transitGatewayApplianceMode: Check = {
  id: "transit-gateway-appliance-mode",
  severity: "error",
  title: "The inspection VPC's attachment has no appliance mode",
  why: "Without it the transit gateway delivers each direction in the zone of its sender: flows between zones meet two endpoints, and the second one drops them.",
  fix: 'Set appliance_mode_support = "enable" on the inspection VPC\'s attachment.',
  source: "https://docs.aws.amazon.com/vpc/latest/tgw/transit-gateway-appliance-scenario.html",
  find: ({ topology }) =>
    topology.transitGatewayAttachments
      .filter((attachment) => attachment.kind === "vpc" && !attachment.applianceMode)
      .flatMap((attachment) => {
        const subnets = attachment.subnetIds.flatMap((id) => byId(topology.subnets, id) ?? []);
        const endpoints = new Set(
          subnets.flatMap((subnet) =>
            (tableOf(topology, subnet)?.routes ?? []).flatMap((route) => endpointOfRoute(topology, route)?.id ?? []),
          ),
        );
        if (subnets.length < 2 || endpoints.size < 2) return [];
        return [
          {
            address: attachment.address,
            what: `${attachment.address} delivers in ${subnets.length} zones to ${endpoints.size} endpoints, and appliance mode is off`,
          },
        ];
      }),
};

import { text } from "../../topology/resource";
import { Check } from "../check";
import { gatewayLoadBalancerEndpoints } from "../inspected-paths";

/** A connection that nobody accepts carries nothing. */
export const acceptanceRequired: Check = {
  id: "acceptance-required",
  severity: "warning",
  title: "The endpoint waits for somebody to accept it",
  why: "Until the service's owner accepts the connection the endpoint is pending, and AWS refuses routes to it: the apply stops there.",
  fix: "Set acceptance_required = false, or accept it in the same plan with aws_vpc_endpoint_connection_accepter.",
  source: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-gateway-load-balancer-endpoint-service.html",
  judgesAbsence: true,
  find: ({ topology }) =>
    gatewayLoadBalancerEndpoints(topology).flatMap((endpoint) => {
      const service = topology.endpointServices.find((one) => one.serviceName === endpoint.serviceName);
      const resource = topology.resources.find((one) => one.address === endpoint.address);
      const isAccepted = topology.resources.some(
        (one) =>
          one.type === "aws_vpc_endpoint_connection_accepter" && text(one.values, "vpc_endpoint_id") === endpoint.id,
      );
      if (!service?.acceptanceRequired || isAccepted || resource?.values.auto_accept === true) return [];
      return [
        {
          address: endpoint.address,
          what: `${service.address} requires acceptance, and nothing in the ${topology.source} accepts ${endpoint.address}`,
        },
      ];
    }),
};

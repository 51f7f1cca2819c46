import { flag, text, texts } from "../resource";
import { EndpointService, VpcEndpoint } from "../topology";
import { partOf, Resources, whyUndetermined } from "./resources";

/** VPC endpoints of every type. */
export function readEndpoints(resources: Resources): readonly VpcEndpoint[] {
  return resources.ofType("aws_vpc_endpoint").map((resource) => {
    const part = partOf(resource);
    const kind = text(resource.values, "vpc_endpoint_type") ?? "Gateway";
    const separate = resources
      .ofType("aws_vpc_endpoint_subnet_association")
      .filter((one) => text(one.values, "vpc_endpoint_id") === part.id)
      .flatMap((one) => text(one.values, "subnet_id") ?? []);
    return {
      ...part,
      kind: kind === "Gateway" || kind === "Interface" || kind === "GatewayLoadBalancer" ? kind : "other",
      vpcId: text(resource.values, "vpc_id") ?? "",
      serviceName: text(resource.values, "service_name"),
      subnetIds: [...texts(resource.values, "subnet_ids"), ...separate],
      routeTableIds: texts(resource.values, "route_table_ids"),
      networkInterfaceIds: texts(resource.values, "network_interface_ids"),
      securityGroupIds: texts(resource.values, "security_group_ids"),
      undetermined: whyUndetermined(resource, "subnet_ids") ?? whyUndetermined(resource, "service_name"),
    };
  });
}

/** VPC endpoint services. */
export function readEndpointServices(resources: Resources): readonly EndpointService[] {
  return resources.ofType("aws_vpc_endpoint_service").map((resource) => ({
    ...partOf(resource),
    serviceName: text(resource.values, "service_name") ?? `<${resource.address}>.service_name`,
    loadBalancerArns: [
      ...texts(resource.values, "gateway_load_balancer_arns"),
      ...texts(resource.values, "network_load_balancer_arns"),
    ],
    acceptanceRequired: flag(resource.values, "acceptance_required") ?? false,
    supportedIpAddressTypes: texts(resource.values, "supported_ip_address_types"),
  }));
}

import { hiddenParts } from "./hidden-parts";
import { readPlanJson } from "./plan-json";
import { readAutoScalingGroups, readInstances, readLaunchTemplates } from "./read/compute";
import { readEndpoints, readEndpointServices } from "./read/endpoints";
import { readListeners, readLoadBalancers, readTargetGroups } from "./read/load-balancers";
import { readNetworkAcls } from "./read/network-acls";
import { readNatGateways, readNetworkInterfaces } from "./read/network-interfaces";
import { Resources } from "./read/resources";
import { readAssociations, readRouteTables } from "./read/route-tables";
import { readS3Objects } from "./read/s3-objects";
import { readSecurityGroups } from "./read/security-groups";
import {
  readTransitGatewayAttachments,
  readTransitGatewayRouteTables,
  readTransitGateways,
} from "./read/transit-gateways";
import { readGateways, readPeeringConnections, readPrefixLists, readSubnets, readVpcs } from "./read/vpcs";
import { text } from "./resource";
import { Topology } from "./topology";

/**
 * Reads an AWS network from what `terraform show -json` printed, parsed: a resolved plan, a state, or a plan whose ids are
 * not known yet. In the last case references stand for ids where an expression can mean only one thing; everything else is
 * marked as undetermined, and a walk that depends on it says so.
 *
 * @throws Error when `planJson` is something else, saying what to do
 */
export function readTopology(planJson: unknown): Topology {
  const { source, resources: all } = readPlanJson(planJson);
  const resources = new Resources(all);
  const vpcs = readVpcs(resources);
  const subnets = readSubnets(resources);
  const endpoints = readEndpoints(resources);
  const launchTemplates = readLaunchTemplates(resources);
  const instances = readInstances(resources, launchTemplates);
  const natGateways = readNatGateways(resources);
  const transitGateways = readTransitGateways(resources);
  const transitGatewayAttachments = readTransitGatewayAttachments(resources);
  return {
    source,
    region: all.map((resource) => text(resource.values, "region")).find((region) => region !== undefined),
    vpcs,
    subnets,
    ...readRouteTables(resources, vpcs, endpoints),
    associations: readAssociations(resources),
    gateways: readGateways(resources),
    natGateways,
    endpoints,
    endpointServices: readEndpointServices(resources),
    loadBalancers: readLoadBalancers(resources),
    targetGroups: readTargetGroups(resources),
    listeners: readListeners(resources),
    instances,
    launchTemplates,
    autoScalingGroups: readAutoScalingGroups(resources, launchTemplates),
    networkInterfaces: readNetworkInterfaces(resources, source, subnets, instances, natGateways, endpoints),
    securityGroups: readSecurityGroups(resources),
    networkAcls: readNetworkAcls(resources),
    peeringConnections: readPeeringConnections(resources),
    prefixLists: readPrefixLists(resources),
    transitGateways,
    transitGatewayAttachments,
    transitGatewayRouteTables: readTransitGatewayRouteTables(resources, transitGateways, transitGatewayAttachments),
    s3Objects: readS3Objects(resources),
    resources: all,
    hidden: hiddenParts(all),
    notes: all.flatMap((resource) => [...resource.undetermined.values()]),
  };
}

import { Check } from "../check";
import { acceptanceRequired } from "./acceptance-required";
import { crossZoneLoadBalancing } from "./cross-zone-load-balancing";
import { edgeTableCoversProtectedCidrs } from "./edge-table-covers-protected-cidrs";
import { endpointInOtherVpc } from "./endpoint-in-other-vpc";
import { endpointOfOwnZone } from "./endpoint-of-own-zone";
import { endpointOneSubnet } from "./endpoint-one-subnet";
import { endpointSubnetRoutesToItself } from "./endpoint-subnet-routes-to-itself";
import { geneveBlocked } from "./geneve-blocked";
import { geneveExposed } from "./geneve-exposed";
import { geneveTargetGroup } from "./geneve-target-group";
import { healthCheckBlocked } from "./health-check-blocked";
import { healthCheckProvesNothing } from "./health-check-proves-nothing";
import { idleTimeout } from "./idle-timeout";
import { imdsv2 } from "./imdsv2";
import { ipv6BypassesInspection } from "./ipv6-bypasses-inspection";
import { mtu } from "./mtu";
import { natBeforeInspection } from "./nat-before-inspection";
import { pathBroken } from "./path-broken";
import { pathUndetermined } from "./path-undetermined";
import { pathUninspected } from "./path-uninspected";
import { publicExposure } from "./public-exposure";
import { sameEndpointBothWays } from "./same-endpoint-both-ways";
import { sourceDestCheck } from "./source-dest-check";
import { subnetOutsideVpc } from "./subnet-outside-vpc";
import { subnetsOverlap } from "./subnets-overlap";
import { transitGatewayApplianceMode } from "./transit-gateway-appliance-mode";
import { volumeEncryption } from "./volume-encryption";
import { workloadInEndpointSubnet } from "./workload-in-endpoint-subnet";
import { zoneWithoutTarget } from "./zone-without-target";

/** Every check, in the order in which findings are shown. */
export const CHECKS: readonly Check[] = [
  pathBroken,
  sameEndpointBothWays,
  edgeTableCoversProtectedCidrs,
  ipv6BypassesInspection,
  endpointSubnetRoutesToItself,
  workloadInEndpointSubnet,
  transitGatewayApplianceMode,
  zoneWithoutTarget,
  geneveBlocked,
  healthCheckBlocked,
  geneveTargetGroup,
  sourceDestCheck,
  subnetOutsideVpc,
  subnetsOverlap,
  endpointInOtherVpc,
  endpointOneSubnet,
  pathUninspected,
  endpointOfOwnZone,
  natBeforeInspection,
  crossZoneLoadBalancing,
  geneveExposed,
  healthCheckProvesNothing,
  idleTimeout,
  acceptanceRequired,
  mtu,
  imdsv2,
  volumeEncryption,
  publicExposure,
  pathUndetermined,
];

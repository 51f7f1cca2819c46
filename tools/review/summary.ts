import { Topology } from "../topology/topology";
import { Review } from "./review";
import { ReviewedWalk } from "./check";
import { gatewayLoadBalancerEndpoints } from "./inspected-paths";

/** `2 VPCs, 3 subnets, 1 GWLB endpoint, 31 resources`. */
export function sizeOf(topology: Topology): string {
  const count = (number: number, one: string, many = `${one}s`) =>
    number === 0 ? [] : [`${number} ${number === 1 ? one : many}`];
  return [
    ...count(topology.vpcs.length, "VPC"),
    ...count(topology.subnets.length, "subnet"),
    ...count(gatewayLoadBalancerEndpoints(topology).length, "GWLB endpoint"),
    ...count(topology.loadBalancers.filter((one) => one.kind === "gateway").length, "Gateway Load Balancer"),
    ...count(topology.instances.length, "instance"),
    ...count(topology.resources.length, "resource"),
  ].join(", ");
}

/** What became of a walk, in one line. */
export function outcomeOf({ judged: { out, back, verdict, ruling } }: ReviewedWalk): string {
  if (verdict.kind === "dropped" && ruling?.kind === "drop")
    return `${ruling.leg === "back" ? "the reply is " : ""}dropped at the appliance by ${ruling.rule}`;
  if (ruling?.kind === "redirect") {
    const bastion = `redirected to the bastion ${ruling.address}:${ruling.port}`;
    if (verdict.kind === "delivered") return `${bastion}, delivered both ways`;
    return `${bastion}; ${verdict.kind} at ${verdict.where}: ${verdict.why}`;
  }
  if (verdict.kind === "delivered") {
    const crossed = out.endpoints.length;
    if (crossed === 0 && (back?.endpoints.length ?? 0) === 0) return "delivered both ways, uninspected";
    return `delivered both ways, inspected both ways${crossed > 1 ? ` by ${crossed} endpoints` : ""}`;
  }
  const leg = back === undefined ? "out" : "back";
  if (verdict.kind === "asymmetric") return `asymmetric: ${verdict.why}`;
  return `${verdict.kind} (${leg}) at ${verdict.where}: ${verdict.why}`;
}

/** Whether a rule of the appliance's operator drops the packet: that is no fault of the network. */
export function isDroppedByRule({ judged: { verdict, ruling } }: ReviewedWalk): boolean {
  return verdict.kind === "dropped" && ruling?.kind === "drop";
}

/** `no findings`, or how many of each severity. */
export function tally(review: Review): string {
  const of = (severity: string) => review.findings.filter((finding) => finding.severity === severity).length;
  const parts = (["error", "warning", "note"] as const)
    .filter((one) => of(one) > 0)
    .map((one) => `${of(one)} ${one}${of(one) === 1 ? "" : "s"}`);
  const suppressed = review.suppressed.length > 0 ? `, ${review.suppressed.length} suppressed` : "";
  return `${parts.join(", ") || "no findings"}${suppressed}`;
}

/** `$0.0412 an hour, about $30 a month`. */
export function costLine({ cost }: Review): string {
  const symbol = cost.currency === "USD" ? "$" : `${cost.currency} `;
  const unknown =
    cost.unknown === 0 ? "" : `; ${cost.unknown} price${cost.unknown === 1 ? "" : "s"} unknown and not included`;
  return `${symbol}${cost.perHour.toFixed(4)} an hour, about ${symbol}${(cost.perHour * 730).toFixed(0)} a month, without traffic${unknown}`;
}

/** Said when there is nothing to walk. */
export const NOTHING_TO_WALK = "nothing to walk here: no Gateway Load Balancer endpoint is in it";

import { EVERYWHERE_PREFIX_LENGTH } from "../../../appliance-agent/src/rules/cidr";
import { parsePrefix } from "../../topology/prefix";
import { byId, SecurityGroupRule } from "../../topology/topology";
import { Check } from "../check";

/** Ports of administration: SSH, RDP. */
const ADMINISTRATION = [22, 3389];

/** Machines with a public address do not take administration, or everything, from everywhere. */
export const publicExposure: Check = {
  id: "public-exposure",
  severity: "warning",
  title: "A public machine is open to the internet",
  why: "An address with SSH, RDP or every port open to the internet is found and tried within minutes.",
  fix: "Allow administration from known addresses only, or use Systems Manager Session Manager, which needs no open port.",
  source: "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
  find: ({ topology }) =>
    topology.networkInterfaces
      .filter((one) => one.kind === "instance" && (one.publicIp !== undefined || one.ipv6Addresses.length > 0))
      .flatMap((one) =>
        one.securityGroupIds
          .flatMap((id) => byId(topology.securityGroups, id)?.rules ?? [])
          .filter(
            (rule) =>
              rule.direction === "ingress" &&
              rule.peer.kind === "cidr" &&
              (parsePrefix(rule.peer.cidr)?.length ?? Infinity) <= EVERYWHERE_PREFIX_LENGTH,
          )
          .filter(isExposing)
          .map((rule) => ({ address: rule.address, what: `${one.address} takes ${describe(rule)}` })),
      ),
};

function isExposing(rule: SecurityGroupRule): boolean {
  if (rule.protocol === "-1") return true;
  const { fromPort = 0, toPort = 65_535 } = rule;
  return ["tcp", "6"].includes(rule.protocol) && ADMINISTRATION.some((port) => fromPort <= port && port <= toPort);
}

function describe(rule: SecurityGroupRule): string {
  const from = rule.peer.kind === "cidr" && !rule.peer.cidr.endsWith("/0") ? rule.peer.cidr : "everywhere";
  if (rule.protocol === "-1") return `everything from ${from}`;
  return `${rule.protocol.toUpperCase()} ${rule.fromPort === rule.toPort ? String(rule.fromPort) : `${rule.fromPort ?? 0} to ${rule.toPort ?? 65_535}`} from ${from}`;
}

import { applianceIds } from "../../topology/targets";
import { GATEWAY_LOAD_BALANCER_MTU } from "../../topology/steps/endpoint";
import { Check, Discovery, Subject } from "../check";

/** GENEVE with GWLB's options, UDP and IPv4 headers around an inner packet. */
const OVERHEAD = 68;

/** Jumbo frames do not exist on these older types: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/network_mtu.html */
const NO_JUMBO = /^(t1|m1|m2|c1|m3|cc1|cc2|cg1|cr1|hi1|hs1)\./;

/** Packets larger than the load balancer takes vanish without a trace. */
export const mtu: Check = {
  id: "mtu",
  severity: "warning",
  title: "Large packets vanish on the way",
  why: "A Gateway Load Balancer drops packets above 8500 bytes with no ICMP message, so path MTU discovery does not help: connections hang on the first large packet.",
  fix: "Keep hosts that talk to each other through an endpoint at an MTU of 8500 or below, and the appliance's own interface at 8568 or above.",
  source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/gateway-load-balancers.html#mtu",
  find: (subject) => [...jumboPaths(subject), ...smallAppliances(subject)],
};

function jumboPaths({ topology, walks }: Subject): readonly Discovery[] {
  const paths = walks.filter(
    ({ direction, roundTrip: { out } }) =>
      direction === "east-west" && out.endpoints.length > 0 && out.mtu === GATEWAY_LOAD_BALANCER_MTU,
  );
  return paths.flatMap(({ title, from }) => {
    const host = topology.instances.find((one) => one.address === from);
    if (!host || NO_JUMBO.test(host.instanceType ?? "") || /\bmtu\b\D{0,3}(1\d{3}|8500)\b/i.test(host.userData ?? ""))
      return [];
    return [
      { address: from, what: `${title}: the host's MTU is 9001, the load balancer takes ${GATEWAY_LOAD_BALANCER_MTU}` },
    ];
  });
}

function smallAppliances({ topology }: Subject): readonly Discovery[] {
  const ids = applianceIds(topology);
  const groups = topology.autoScalingGroups.filter((one) => ids.has(one.id));
  const machines = [
    ...topology.instances.filter((one) => ids.has(one.id)),
    ...topology.launchTemplates.filter((one) => groups.some((group) => group.launchTemplateId === one.id)),
  ];
  return machines.flatMap(({ address, instanceType, userData }) => {
    if (NO_JUMBO.test(instanceType ?? ""))
      return [
        {
          address,
          what: `${instanceType ?? ""} has an MTU of 1500; the load balancer sends up to ${GATEWAY_LOAD_BALANCER_MTU + OVERHEAD} bytes`,
        },
      ];
    const [, bytes] =
      /\bip\s+link\s+set\s+(?:dev\s+)?(?:eth0|ens5|enX0|"?\$\w+"?)\s+mtu\s+(\d{3,4})\b/.exec(userData ?? "") ?? [];
    if (bytes === undefined || Number(bytes) >= GATEWAY_LOAD_BALANCER_MTU + OVERHEAD) return [];
    return [
      {
        address,
        what: `the user data sets an MTU of ${bytes}; the load balancer sends up to ${GATEWAY_LOAD_BALANCER_MTU + OVERHEAD} bytes`,
      },
    ];
  });
}

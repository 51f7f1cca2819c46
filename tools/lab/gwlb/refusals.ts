/** Why the emulated load balancer refused a packet, in the order of `enum refusal` in emulator.bpf.c. */
export const REFUSALS = [
  "too_big",
  "not_ip",
  "no_flow",
  "no_target",
  "kernel",
  "outer",
  "geneve",
  "unknown_flow",
  "cookie",
  "target",
  "source_port",
] as const;

/** A reason of `REFUSALS`. */
export type Refusal = (typeof REFUSALS)[number];

/** What each refusal says about the packet, in a reader's words. */
export const REFUSAL_MEANINGS: Readonly<Record<Refusal, string>> = {
  too_big: "inner packet above 8500 bytes; AWS drops it silently, without ICMP",
  not_ip: "neither IPv4 nor IPv6, or cut short",
  no_flow: "TCP from the VPC that is not a SYN, of a flow that is unknown or has been idle for too long",
  no_target: "no target is registered in the endpoint's zone",
  kernel: "the kernel would not add or remove the encapsulation",
  outer: "from the appliance: outer IPv4 header is not a plain one to this load balancer's address",
  geneve: "from the appliance: GENEVE header or options differ from those that were sent",
  unknown_flow:
    "from the appliance: a flow that the load balancer has never sent; an appliance cannot originate traffic",
  cookie: "from the appliance: the flow cookie is not the flow's newest",
  target: "from another appliance than the one that the flow was sent to",
  source_port: "from the appliance: UDP ports are not as they were sent (source port of the flow, destination 6081)",
};

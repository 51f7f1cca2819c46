/**
 * Why a packet was dropped, in the order of `enum drop_reason` in ebpf/drop_reason.h; the index is the kernel's counter.
 * A new reason goes last: the counters of a running appliance are pinned and adopted by the next version.
 */
export const DROP_REASONS = [
  /** The outer IPv4 header is cut short, or its version, header length or total length is impossible. */
  "outer_header",
  /** The outer IPv4 header checksum is wrong. */
  "outer_checksum",
  /** A first fragment to the GENEVE port: GWLB never fragments. */
  "outer_fragment",
  /** GENEVE from an address outside `geneveSources`. */
  "untrusted_source",
  /** The UDP length differs from what the IPv4 total length leaves. */
  "udp_length",
  /** The GENEVE header or its options run past the end of the UDP payload. */
  "geneve_truncated",
  /** A GENEVE version other than 0: RFC 8926 §3.4. */
  "geneve_version",
  /** The O bit: a control packet, whose payload must not be forwarded: RFC 8926 §3.4. */
  "geneve_control",
  /** An option runs past the options, or an endpoint option that is not 8 bytes long. */
  "geneve_option",
  /** An option with the critical bit that this agent does not know: RFC 8926 §3.5. */
  "critical_option",
  /** No option names the GWLB endpoint. */
  "no_endpoint_option",
  /** A GENEVE protocol type other than IPv4 (0x0800) and IPv6 (0x86dd). */
  "protocol_type",
  /** The inner packet's version is not the one of the protocol type. */
  "inner_version",
  /** The inner IP header is cut short, or its header length is impossible. */
  "inner_header",
  /** The inner IP length is not exactly the length of the GENEVE payload. */
  "inner_length",
  /** IPv6 extension headers that are cut short, more than 8, or a fragment inside a fragment. */
  "inner_extensions",
  /** Too short to hold the ports or the ICMP type; in a first fragment the attack of RFC 1858 §3. */
  "inner_transport",
  /** A rule with the action `drop` matched. */
  "rule",
  /** No rule matched and the default action is `drop`. */
  "default_action",
  /** No rule list has been loaded. */
  "no_rules",
  /** Routed mode: the endpoint has no devices yet and the queue to the agent is full. */
  "new_endpoint",
  /** The kernel refused to remember the flow. */
  "flow_table",
  /** Routed mode, outbound: a packet of a flow that GWLB has never sent; it would refuse it. */
  "no_flow",
  /** Routed mode, outbound: neither IPv4 nor IPv6, or too damaged to know the flow. */
  "not_ip",
  /** The kernel refused to add or remove the outer headers. */
  "kernel_refused",
  /** Routed mode, outbound: the host's own multicast to neighbours, as MLD reports; a load balancer is none. Harmless. */
  "link_multicast",
  /** Routed mode, of `handed_up`: too many packets of new endpoints waited in the agent for their devices. */
  "waiting_full",
  /** Routed mode, of `handed_up`: the devices were not there within a minute, or before the agent ended. */
  "waiting_expired",
  /** Routed mode, of `handed_up`: the endpoint's device did not take the packet back. */
  "waiting_refused",
] as const;

/** A name from `DROP_REASONS`. */
export type DropReason = (typeof DROP_REASONS)[number];

/** What the agent itself counts: no program writes these counters. */
export type AgentDropReason = Extract<DropReason, `waiting_${string}`>;

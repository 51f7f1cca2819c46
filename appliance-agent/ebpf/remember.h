/* SPDX-License-Identifier: MIT */
#pragma once
/* Every packet from GWLB refreshes its flow: a changed cookie, or GWLB refuses what comes back. */

#include "flows.h"

static __always_inline int same_flow(const struct flow *a, const struct flow *b)
{
	const __u32 *x = (const void *)a, *y = (const void *)b;
	__u32 difference = 0;

#pragma unroll
	for (int i = 0; i < (int)(sizeof(*a) / 4); i++)
		difference |= x[i] ^ y[i];
	return difference == 0;
}

/* Written only when something changed, once a second at least: two CPUs do not fight for the cache line. */
static __always_inline int remember_as(void *map, const struct flow_key *key, const struct flow *flow)
{
	struct flow *known = bpf_map_lookup_elem(map, key);

	if (!known) {
		/* NOEXIST: of two CPUs that see the flow first, one counts it. */
		if (!bpf_map_update_elem(map, key, flow, BPF_NOEXIST)) {
			if (map == &flows)
				count(COUNT_FLOWS_INSERTED);
			return CONTINUE;
		}
		known = bpf_map_lookup_elem(map, key);
		if (!known)
			return drop(DROP_FLOW_TABLE);
	}
	/* In place: an entry that is replaced may be used again for another flow while a packet is still reading it. */
	if (!same_flow(known, flow))
		__builtin_memcpy(known, flow, sizeof(*known));
	return CONTINUE;
}

static __always_inline int read_flow(packet_context *context, const struct outer *outer, struct flow *flow)
{
	__u32 length = outer->geneve_length;

	flow->last_seen = bpf_ktime_get_coarse_ns() / 1000000000;
	flow->gwlb_address = outer->ipv4.source;
	flow->own_address = outer->ipv4.destination;
	flow->gwlb_port = outer->udp.source;
	flow->tos = outer->ipv4.tos;
	flow->geneve_words = length / 4;
	__builtin_memcpy(flow->own_mac, outer->ethernet.destination, sizeof(flow->own_mac));
	__builtin_memcpy(flow->gwlb_mac, outer->ethernet.source, sizeof(flow->gwlb_mac));
	/* Nearly every packet: GENEVE's options are as long as the usual ones. */
	if (length == sizeof(flow->geneve))
		return load_near(context, outer->geneve_offset, flow->geneve, sizeof(flow->geneve)) ?
			       drop(DROP_GENEVE_TRUNCATED) :
			       CONTINUE;
	__builtin_memset(flow->geneve, 0, sizeof(flow->geneve));
	if (length > sizeof(flow->geneve))
		length = sizeof(flow->geneve);
	/* Bounds that Linux 6.1 can follow: of one check of length - 8, which clang would make, it learns nothing. */
	asm volatile("" : "+r"(length));
	if (length > sizeof(flow->geneve))
		return drop(DROP_GENEVE_TRUNCATED);
	asm volatile("" : "+r"(length));
	if (length < sizeof(struct geneve) || load_bytes(context, outer->geneve_offset, flow->geneve, length))
		return drop(DROP_GENEVE_TRUNCATED);
	return CONTINUE;
}

static __always_inline int remember_long_options(packet_context *context, const struct outer *outer,
						 const struct flow_key *key)
{
	__u32 zero = 0, length = outer->geneve_length - GENEVE_KEPT;
	struct long_options *options = bpf_map_lookup_elem(&long_options_scratch, &zero);

	asm volatile("" : "+r"(length));
	if (!options || length > sizeof(options->rest))
		return drop(DROP_GENEVE_TRUNCATED);
	asm volatile("" : "+r"(length));
	if (length < 4)
		return drop(DROP_GENEVE_TRUNCATED);
	if (load_bytes(context, outer->geneve_offset + GENEVE_KEPT, options->rest, length))
		return drop(DROP_GENEVE_TRUNCATED);
	if (bpf_map_update_elem(&long_options, key, options, BPF_ANY))
		return drop(DROP_FLOW_TABLE);
	return CONTINUE;
}

/* Not inline: a call chain has 512 bytes of stack. */
static __attribute__((noinline)) int remember(packet_context *context, const struct outer *outer, const struct inner *inner)
{
	struct flow_key key;
	struct flow flow;
	int verdict = read_flow(context, outer, &flow);

	if (verdict != CONTINUE)
		return verdict;
	flow_key_of(inner, &key);
	if (is_icmp_error(inner)) {
		to_error_key(context, inner, &key);
		verdict = remember_as(&fragment_flows, &key, &flow);
	} else if (!hides_ports(inner)) {
		verdict = remember_as(&flows, &key, &flow);
	}
	if (verdict == CONTINUE && outer->geneve_length > GENEVE_KEPT && !hides_ports(inner))
		verdict = remember_long_options(context, outer, &key);
	if (verdict != CONTINUE || inner->fragment == FRAGMENT_NONE)
		return verdict;
	to_fragment_key(inner, &key);
	verdict = remember_as(&fragment_flows, &key, &flow);
	if (verdict != CONTINUE || outer->geneve_length <= GENEVE_KEPT)
		return verdict;
	return remember_long_options(context, outer, &key);
}

/* SPDX-License-Identifier: MIT */
#pragma once
/* Routed mode: with which outer header GWLB wants the packets of a flow back. */

#include "outer.h"
#include "fragments.h"

#define ICMP_HEADER_BYTES 8
#define GENEVE_KEPT 40 /* header and AWS's three options; longer ones are in long_options too */
#define GENEVE_LONGEST 260
#define FLOW_IS_FRAGMENT 1
#define FLOW_IS_ERROR 3

/* The two ends in canonical order, so that one entry serves both directions. Mirrored in src/datapath/flow-entry.ts. */
struct flow_key {
	__u64 endpoint;
	__be32 low[4];
	__be32 high[4];
	union {
		struct {
			__u16 low_port; /* host order; 0 where there is none */
			__u16 high_port;
		};
		__u32 fragment_id;
		__be32 quoted_ports; /* of an ICMP error: as on the wire */
	};
	__u8 protocol;
	__u8 family;
	__u8 fragment; /* of fragment_flows: FLOW_IS_... and, for a packet from high to low, one more */
	__u8 zero;
};
_Static_assert(sizeof(struct flow_key) == 48, "src/datapath/flow-entry.ts");

/* What the newest packet from GWLB came with. */
struct flow {
	__u32 last_seen; /* CLOCK_MONOTONIC_COARSE, seconds */
	__be32 gwlb_address;
	__be32 own_address;
	__be16 gwlb_port;
	__u8 tos;
	__u8 geneve_words; /* of 4 bytes, header and options */
	__u8 own_mac[6];
	__u8 gwlb_mac[6];
	__u8 geneve[GENEVE_KEPT];
};
_Static_assert(sizeof(struct flow) == 68, "src/datapath/flow-entry.ts");

struct long_options {
	__u8 rest[GENEVE_LONGEST - GENEVE_KEPT];
};

/* The agent sets the number of entries. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 262144);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

/*
 * Of single packets: those in fragments, which do not all show their ports, and ICMP errors, whose flow for GWLB may be the
 * one that they quote. A map of its own: they push no flow out.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct flow_key);
	__type(value, struct flow);
} fragment_flows SEC(".maps");

/* GWLB sends 32 bytes of options; a flow with more costs an entry here. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct flow_key);
	__type(value, struct long_options);
} long_options SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct long_options);
} long_options_scratch SEC(".maps");

/* 1 when a packet from source to destination goes from high to low. */
static __always_inline int is_from_high(const struct inner *inner)
{
#pragma unroll
	for (int i = 0; i < 4; i++) {
		if (inner->source[i] != inner->destination[i])
			return inner->source[i] > inner->destination[i];
	}
	return inner->source_port > inner->destination_port;
}

static __always_inline void flow_key_of(const struct inner *inner, struct flow_key *key)
{
	const int from_high = is_from_high(inner);

	__builtin_memset(key, 0, sizeof(*key));
	key->endpoint = inner->endpoint;
	__builtin_memcpy(key->low, from_high ? inner->destination : inner->source, sizeof(key->low));
	__builtin_memcpy(key->high, from_high ? inner->source : inner->destination, sizeof(key->high));
	key->low_port = from_high ? inner->destination_port : inner->source_port;
	key->high_port = from_high ? inner->source_port : inner->destination_port;
	key->protocol = inner->protocol;
	key->family = inner->family;
}

/* The key of a fragmented packet from the key of its flow. */
static __always_inline void to_fragment_key(const struct inner *inner, struct flow_key *key)
{
	key->fragment_id = inner->fragment_id;
	key->fragment = FLOW_IS_FRAGMENT + is_from_high(inner);
	if (inner->family == FAMILY_IPV6)
		key->protocol = 0; /* later fragments may not show it: RFC 8200 §4.5 */
}

/*
 * The key of an ICMP error from that of its hosts: with the ports of the packet that it quotes (or what stands in their place,
 * behind options), for GWLB may count it to that packet's flow.
 */
static __always_inline void to_error_key(packet_context *context, const struct inner *inner, struct flow_key *key)
{
	const __u32 ip = inner->family == FAMILY_IPV4 ? sizeof(struct ipv4) : sizeof(struct ipv6);
	__u32 ports = 0;

	load_bytes(context, inner->upper_offset + ICMP_HEADER_BYTES + ip, &ports, sizeof(ports));
	key->quoted_ports = ports;
	key->fragment = FLOW_IS_ERROR + is_from_high(inner);
}

/* Ports exist, but this fragment does not show them and its first was not seen. */
static __always_inline int hides_ports(const struct inner *inner)
{
	return inner->upper == UPPER_UNKNOWN &&
	       (inner->protocol_unknown || inner->protocol == PROTOCOL_TCP || inner->protocol == PROTOCOL_UDP);
}

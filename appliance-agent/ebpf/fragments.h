/* SPDX-License-Identifier: MIT */
#pragma once
/* What a first fragment shows and later ones hide. */

#include "inner.h"

/* Linux gives up reassembly after 30 s (net.ipv4.ipfrag_time), and an identification is used again some time. */
#define FRAGMENT_NANOSECONDS 30000000000LL

/* RFC 791 §3.2: source, destination, protocol and identification; RFC 8200 §4.5: without the protocol. */
struct fragment_key {
	__u64 endpoint;
	__be32 source[4];
	__be32 destination[4];
	__u32 id;
	__u8 family;
	__u8 protocol; /* IPv4 only */
	__u16 zero;
};
_Static_assert(sizeof(struct fragment_key) == 48, "no padding");

struct fragment_facts {
	__u64 seen; /* CLOCK_MONOTONIC_COARSE, nanoseconds */
	__u16 source_port;
	__u16 destination_port;
	__u8 protocol;
	__u8 upper;
	__u8 icmp_type;
	__u8 zero;
};
_Static_assert(sizeof(struct fragment_facts) == 16, "no padding");

/* Bounded: a flood of first fragments pushes the oldest out, whose later fragments are then judged by what they show. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct fragment_key);
	__type(value, struct fragment_facts);
} fragments SEC(".maps");

static __always_inline void fragment_key_of(const struct inner *inner, struct fragment_key *key)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->endpoint = inner->endpoint;
	__builtin_memcpy(key->source, inner->source, sizeof(key->source));
	__builtin_memcpy(key->destination, inner->destination, sizeof(key->destination));
	key->id = inner->fragment_id;
	key->family = inner->family;
	if (inner->family == FAMILY_IPV4)
		key->protocol = inner->protocol;
}

/* A first fragment is remembered; a later one whose first was seen is completed with what that showed. */
static __always_inline void join_fragments(struct inner *inner)
{
	struct fragment_key key;

	if (inner->fragment == FRAGMENT_NONE)
		return;
	fragment_key_of(inner, &key);
	if (inner->fragment == FRAGMENT_FIRST) {
		struct fragment_facts facts = {
			.seen = bpf_ktime_get_coarse_ns(),
			.source_port = inner->source_port,
			.destination_port = inner->destination_port,
			.protocol = inner->protocol,
			.upper = inner->upper,
			.icmp_type = inner->icmp_type,
		};

		bpf_map_update_elem(&fragments, &key, &facts, BPF_ANY);
	} else {
		struct fragment_facts *facts = bpf_map_lookup_elem(&fragments, &key);

		if (!facts || (__s64)(bpf_ktime_get_coarse_ns() - facts->seen) > FRAGMENT_NANOSECONDS)
			return;
		inner->source_port = facts->source_port;
		inner->destination_port = facts->destination_port;
		inner->protocol = facts->protocol;
		inner->protocol_unknown = 0;
		inner->upper = facts->upper;
		inner->icmp_type = facts->icmp_type;
	}
}

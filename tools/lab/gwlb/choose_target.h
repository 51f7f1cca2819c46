/* SPDX-License-Identifier: MIT */
#pragma once
/* Which target a new flow goes to. No eBPF in here: a test compiles it for the machine that it runs on. */

#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#define MAX_TARGETS 64

struct target {
	__be32 address;
	__u32 healthy;
	__u32 registered;
};

struct targets {
	__u32 count;
	struct target target[MAX_TARGETS];
};

struct flow_key {
	__u32 interface; /* of the endpoint */
	__u8 family, protocol;
	__be16 low_port, high_port, zero;
	__be32 low[4], high[4];
};
_Static_assert(sizeof(struct flow_key) == 44, "no hidden padding");

/*
 * MurmurHash3's finaliser: every bit of a word reaches every bit of the state. Ports and addresses of flows and targets
 * that follow each other differ in a bit or two only, and in the high ones: they are in network byte order.
 */
static __always_inline __u32 mix(__u32 state, __u32 word)
{
	state ^= word;
	state = (state ^ state >> 16) * 0x85ebca6bu;
	state = (state ^ state >> 13) * 0xc2b2ae35u;
	return state ^ state >> 16;
}

static __always_inline __u32 hash(const struct flow_key *key)
{
	const __u32 *words = (const void *)key;
	__u32 state = 0x9e3779b9u; /* any number but 0, which mix() maps to itself */

#pragma unroll
	for (unsigned int i = 0; i < sizeof(*key) / 4; i++)
		state = mix(state, words[i]);
	return state;
}

/*
 * Rendezvous hashing over the healthy targets, or over all of them when none is healthy (fail open, as AWS's load
 * balancers do): a target that leaves moves its own flows only.
 *
 * @return 0 when none is registered
 */
static __always_inline __be32 choose(const struct targets *targets, __u32 flow_hash)
{
	__u32 best[2] = {};
	__be32 address[2] = {};

	for (__u32 i = 0; i < MAX_TARGETS; i++) {
		const struct target *target = &targets->target[i];
		/* The address is mixed by itself first: an XOR of two addresses must not be one of two flows as well. */
		__u32 score = mix(flow_hash, mix(0, target->address)) | 1;

		if (i >= targets->count)
			break;
		if (!target->registered)
			continue;
		if (score > best[0]) {
			best[0] = score;
			address[0] = target->address;
		}
		if (target->healthy && score > best[1]) {
			best[1] = score;
			address[1] = target->address;
		}
	}
	return address[1] ? address[1] : address[0];
}

/* SPDX-License-Identifier: MIT */
#pragma once
/* Every packet is counted once: by what became of it, or by why it was dropped. */

#include "context.h"
#include "drop_reason.h"

/* Mirrored in src/datapath/packet-counters.ts. */
enum packet_counter {
	COUNT_PASSED,
	COUNT_RETURNED,
	COUNT_DECAPSULATED,
	COUNT_HANDED_UP,
	COUNT_ENCAPSULATED,
	COUNT_FLOWS_INSERTED, /* not a packet's fate: how often the flow table grew */
	COUNT_FLOWS_EXPIRED, /* written by the agent */
	PACKET_COUNTERS,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DROP_REASONS);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PACKET_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

static __always_inline int drop(__u32 reason)
{
	__u64 *count = bpf_map_lookup_elem(&drops, &reason);

	if (count)
		++*count;
	return VERDICT_DROP;
}

static __always_inline void count(__u32 counter)
{
	__u64 *total = bpf_map_lookup_elem(&packets, &counter);

	if (total)
		++*total;
}

/* Not ours: the host sees it as if this program were not there. */
static __always_inline int pass(void)
{
	count(COUNT_PASSED);
	return VERDICT_PASS;
}

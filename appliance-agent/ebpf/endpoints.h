/* SPDX-License-Identifier: MIT */
#pragma once
/* Who sends, and what the agent is told at once. */

#include "inner.h"

/* Mirrored in src/datapath/endpoint-entry.ts. */
struct endpoint_counters {
	__u64 packets;
	__u64 bytes; /* of inner packets */
	__u64 last_seen; /* CLOCK_MONOTONIC_COARSE, nanoseconds */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024); /* more are served, but neither counted nor reported */
	__type(key, __u64);
	__type(value, struct endpoint_counters);
} endpoints SEC(".maps");

/* Mirrored in src/datapath/events.ts. A packet that is handed up follows. */
struct event {
	__u64 endpoint;
	__u32 length; /* of the packet; 0: the endpoint's first packet was seen, no more */
	__u32 zero;
};
_Static_assert(sizeof(struct event) == 16, "src/datapath/events.ts");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

static __always_inline void report_endpoint(__u64 endpoint)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	/* When the ring is full the agent finds the endpoint in the map, a little later. */
	if (!event)
		return;
	event->endpoint = endpoint;
	event->length = 0;
	event->zero = 0;
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void count_endpoint(const struct inner *inner)
{
	const __u64 endpoint = inner->endpoint; /* Linux 6.1 takes no argument of a global function as a key. */
	struct endpoint_counters *counters = bpf_map_lookup_elem(&endpoints, &endpoint);

	if (!counters) {
		struct endpoint_counters first = {};

		if (!bpf_map_update_elem(&endpoints, &endpoint, &first, BPF_NOEXIST))
			report_endpoint(endpoint);
		counters = bpf_map_lookup_elem(&endpoints, &endpoint);
		if (!counters)
			return;
	}
	counters->packets++;
	counters->bytes += inner->length;
	counters->last_seen = bpf_ktime_get_coarse_ns();
}

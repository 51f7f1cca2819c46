/* SPDX-License-Identifier: MIT */
#pragma once
/* Who sends, and what the agent is told at once. */

#include "inner.h"
#include "endpoint_slot.h"

/* Mirrored in src/datapath/endpoint-entry.ts. */
struct endpoint_counters {
	__u64 packets;
	__u64 bytes; /* of inner packets */
	__u64 last_seen; /* CLOCK_MONOTONIC_COARSE, nanoseconds */
};

/* Every endpoint. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024); /* more are served, but neither counted nor reported */
	__type(key, __u64);
	__type(value, struct endpoint_counters);
} endpoints SEC(".maps");

/* Mirrored in src/datapath/endpoint-entry.ts. */
struct direct_endpoint {
	__u64 endpoint;
	struct endpoint_counters counters; /* besides those in `endpoints` */
};
_Static_assert(sizeof(struct direct_endpoint) == 32, "src/datapath/endpoint-entry.ts");

/*
 * Counted without a search, which is dear: on each CPU the first endpoint of a slot. Others that fall into the same slot are
 * counted in `endpoints`.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ENDPOINT_SLOTS);
	__type(key, __u32);
	__type(value, struct direct_endpoint);
} direct_endpoints SEC(".maps");

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

/* The counters in `endpoints`, where an endpoint that is seen for the first time gets its entry; 0 when there is no room. */
static __always_inline struct endpoint_counters *introduce(__u64 endpoint)
{
	struct endpoint_counters *counters = bpf_map_lookup_elem(&endpoints, &endpoint);

	if (!counters) {
		struct endpoint_counters first = {};

		if (!bpf_map_update_elem(&endpoints, &endpoint, &first, BPF_NOEXIST))
			report_endpoint(endpoint);
		counters = bpf_map_lookup_elem(&endpoints, &endpoint);
	}
	return counters;
}

static __always_inline void count_endpoint(const struct inner *inner)
{
	const __u64 endpoint = inner->endpoint; /* Linux 6.1 takes no argument of a global function as a key. */
	const __u32 slot = endpoint_slot(endpoint);
	struct direct_endpoint *direct = bpf_map_lookup_elem(&direct_endpoints, &slot);
	struct endpoint_counters *counters;

	if (direct && direct->endpoint == endpoint && direct->counters.packets) {
		counters = &direct->counters;
	} else {
		counters = introduce(endpoint);
		if (!counters)
			return;
		if (direct && !direct->counters.packets) {
			direct->endpoint = endpoint;
			counters = &direct->counters;
		}
	}
	counters->packets++;
	counters->bytes += inner->length;
	counters->last_seen = bpf_ktime_get_coarse_ns();
}

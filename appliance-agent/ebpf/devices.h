/* SPDX-License-Identifier: MIT */
#pragma once
/* Routed mode: the TUN pair of each endpoint, written by the agent. */

#include "endpoint_slot.h"

struct endpoint_devices {
	__u32 ingress; /* interface index of gwi-X */
	__u32 egress; /* of gwo-X */
	__u32 mark; /* that packets arrive at gwi-X with; 0: none */
};
_Static_assert(sizeof(struct endpoint_devices) == 12, "src/datapath/routed-endpoints.ts");

/* Endpoints whose packets may go to their device. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct endpoint_devices);
} endpoint_devices SEC(".maps");

/* The endpoint that packets leaving a device go back to; key: interface index. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, __u32);
	__type(value, __u64);
} device_endpoints SEC(".maps");

/* A number that the agent raises after every change of the two maps above, and before the first packet; 0: not yet. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} devices_generation SEC(".maps");

/* Searches are dear; what they found is kept on each CPU while the generation is the same. */
struct found_devices {
	__u64 endpoint;
	__u32 generation;
	struct endpoint_devices devices;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ENDPOINT_SLOTS);
	__type(key, __u32);
	__type(value, struct found_devices);
} found_devices SEC(".maps");

#define DEVICE_SLOTS 1024

struct found_endpoint {
	__u64 endpoint;
	__u32 ifindex;
	__u32 generation;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DEVICE_SLOTS);
	__type(key, __u32);
	__type(value, struct found_endpoint);
} found_endpoints SEC(".maps");

/* To be read before a search: what is found in between belongs to it, or to one before. */
static __always_inline __u32 read_devices_generation(void)
{
	__u32 zero = 0, *generation = bpf_map_lookup_elem(&devices_generation, &zero);

	return generation ? *(volatile __u32 *)generation : 0;
}

/* 0: the endpoint has none. */
static __always_inline struct endpoint_devices *find_devices(__u64 endpoint)
{
	const __u32 generation = read_devices_generation(), slot = endpoint_slot(endpoint);
	struct found_devices *found = bpf_map_lookup_elem(&found_devices, &slot);
	struct endpoint_devices *devices;

	if (found && generation && found->generation == generation && found->endpoint == endpoint)
		return &found->devices;
	devices = bpf_map_lookup_elem(&endpoint_devices, &endpoint);
	if (devices && found) {
		found->endpoint = endpoint;
		found->devices = *devices;
		found->generation = generation;
	}
	return devices;
}

/* 0: the device is nobody's; else *endpoint is whose. */
static __always_inline int find_endpoint(__u32 ifindex, __u64 *endpoint)
{
	const __u32 generation = read_devices_generation(), slot = ifindex % DEVICE_SLOTS;
	struct found_endpoint *found = bpf_map_lookup_elem(&found_endpoints, &slot);
	__u64 *searched;

	if (found && generation && found->generation == generation && found->ifindex == ifindex) {
		*endpoint = found->endpoint;
		return 1;
	}
	searched = bpf_map_lookup_elem(&device_endpoints, &ifindex);
	if (!searched)
		return 0;
	*endpoint = *searched;
	if (found) {
		found->endpoint = *endpoint;
		found->ifindex = ifindex;
		found->generation = generation;
	}
	return 1;
}

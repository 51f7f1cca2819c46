/* SPDX-License-Identifier: MIT */
#pragma once
/* Routed mode: the TUN pair of each endpoint, written by the agent. */

#include "wire.h"

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

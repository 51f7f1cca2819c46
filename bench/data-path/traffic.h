/* SPDX-License-Identifier: MIT */
#pragma once
/* What the benchmark sends. Mirrored in traffic.ts, which knows the packet of every flow too. */

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Ethernet 14, IPv4 20, UDP 8, GENEVE 8 + 32, then the inner packet: IPv4 20, UDP 8, number of the flow 4. */
#define ETHERTYPE_AT 12
#define OUTER_PROTOCOL_AT 23
#define OUTER_DESTINATION_AT 30
#define OUTER_PORTS_AT 34
#define FLOW_COOKIE_AT 78
#define INNER_AT 82
#define INNER_CHECKSUM_AT (INNER_AT + 10)
#define INNER_SOURCE_AT (INNER_AT + 12)
#define INNER_DESTINATION_AT (INNER_AT + 16)
#define INNER_PORTS_AT (INNER_AT + 20)
#define FLOW_AT (INNER_AT + 28)

#define GENEVE_PORT 6081
#define TEMPLATE_BYTES 144 /* what a program on the way may have changed, and is written anew */
#define SAMPLES 256
#define SAMPLE_BYTES 2044

struct traffic {
	__u32 flows;
	__u32 device; /* interface index */
	__u32 gwlb_address; /* as on the wire */
	__u32 inner_sum; /* of the 16-bit words of the inner IPv4 header that are the same in all flows, host order */
	__u64 nanoseconds_for_256; /* packets; 0: as fast as it goes */
	__u64 most; /* packets; 0: no limit */
};
_Static_assert(sizeof(struct traffic) == 32, "traffic.ts");

struct template {
	__u64 word[TEMPLATE_BYTES / 8];
};

struct sent {
	__u64 packets;
	__u64 first; /* CLOCK_MONOTONIC, nanoseconds; 0: none yet */
	__u64 last;
};
_Static_assert(sizeof(struct sent) == 24, "generator.ts");

struct returned {
	__u64 packets;
	__u64 bytes;
	__u64 others; /* not GENEVE to the load balancer */
	__u64 sampled;
	__u64 first; /* the same clock: the first packet of flow 0 that came back; 0: none yet */
};
_Static_assert(sizeof(struct returned) == 40, "traffic.ts");

struct sample {
	__u32 length; /* of the packet, which may be longer than what is kept */
	__u8 packet[SAMPLE_BYTES];
};

/* Spreads flow numbers over addresses, ports and cookies: Knuth's multiplicative hash. */
static __always_inline __u32 spread(__u32 flow)
{
	return flow * 0x9e3779b1;
}

/* SPDX-License-Identifier: MIT */
#pragma once
/* What is known of a packet from GWLB. */

#include "counters.h"
#include "settings.h"

/* The options as GWLB sends them. */
struct gwlb_options {
	struct geneve_option endpoint_header;
	__be64 endpoint;
	struct geneve_option attachment_header;
	__be64 attachment;
	struct geneve_option cookie_header;
	__be32 cookie;
} __attribute__((packed));

#define FROM_UDP_TO_OPTIONS (sizeof(struct udp) + sizeof(struct geneve) + sizeof(struct gwlb_options))
#define ALL_HEADERS (sizeof(struct ethernet) + sizeof(struct ipv4) + FROM_UDP_TO_OPTIONS)

/* What is read of a packet from GWLB; offsets and lengths in bytes, offsets from the start of the frame. */
struct outer {
	struct ethernet ethernet;
	struct ipv4 ipv4;
	struct udp udp;
	struct geneve geneve;
	struct gwlb_options options;
	int options_read; /* they, and all above them, with one call */
	__u32 geneve_offset;
	__u32 geneve_length; /* with options */
	__u32 payload_length;
	__u64 endpoint; /* as its hexadecimal digits are read */
};
_Static_assert(__builtin_offsetof(struct outer, options) + sizeof(struct gwlb_options) == ALL_HEADERS,
	       "the headers lie behind each other");

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

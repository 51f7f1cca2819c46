/* SPDX-License-Identifier: MIT */
#pragma once
/* Headers as they are on the wire, in network byte order. Own definitions: the build then depends on no UAPI header's age. */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define GENEVE_PORT 6081 /* RFC 8926 §3.3 */
#define AWS_OPTION_CLASS 0x0108

/* https://www.iana.org/assignments/protocol-numbers */
enum {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_AUTHENTICATION = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DESTINATION_OPTIONS = 60,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140,
};

struct ethernet {
	__u8 destination[6];
	__u8 source[6];
	__be16 type;
} __attribute__((packed));

struct ipv4 {
	__u8 version_length;
	__u8 tos;
	__be16 total_length;
	__be16 identification;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__be32 source;
	__be32 destination;
} __attribute__((packed));

#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_DONT_FRAGMENT 0x4000
#define IPV4_FRAGMENT_OFFSET 0x1fff

struct ipv6 {
	__u8 version_class;
	__u8 class_flow[3];
	__be16 payload_length;
	__u8 next_header;
	__u8 hop_limit;
	__be32 source[4];
	__be32 destination[4];
} __attribute__((packed));

struct ipv6_fragment {
	__u8 next_header;
	__u8 reserved;
	__be16 offset;
	__be32 identification;
} __attribute__((packed));

struct udp {
	__be16 source;
	__be16 destination;
	__be16 length;
	__u16 checksum;
} __attribute__((packed));

/* RFC 8926 §3.4 */
struct geneve {
	__u8 version_length; /* 2 bits version, 6 bits length of the options in words of 4 bytes */
	__u8 control_critical;
	__be16 protocol_type;
	__be32 vni_reserved;
} __attribute__((packed));

#define GENEVE_CONTROL 0x80

/* RFC 8926 §3.5 */
struct geneve_option {
	__be16 class;
	__u8 type; /* the high bit: critical */
	__u8 length; /* 5 bits, words of 4 bytes, without this header */
} __attribute__((packed));

#define GENEVE_CRITICAL 0x80
#define GENEVE_MAX_OPTIONS 63 /* 252 bytes of options of 4 bytes */

/* Types of class 0x0108 that GWLB sends. */
enum {
	OPTION_ENDPOINT = 1,
	OPTION_ATTACHMENT = 2,
	OPTION_FLOW_COOKIE = 3,
};

_Static_assert(sizeof(struct ethernet) == 14, "Ethernet");
_Static_assert(sizeof(struct ipv4) == 20, "IPv4");
_Static_assert(sizeof(struct ipv6) == 40, "IPv6");
_Static_assert(sizeof(struct udp) == 8, "UDP");
_Static_assert(sizeof(struct geneve) == 8, "GENEVE");

/* SPDX-License-Identifier: MIT */
#pragma once
/* The packet inside: what rules and the flow table ask of it. src/rules/packet-facts.ts says the same in TypeScript. */

#include "counters.h"

#define MAX_EXTENSION_HEADERS 8
#define UPPER_LAYER_BYTES 4 /* ports, or ICMP type, code and checksum */

enum family {
	FAMILY_IPV4 = 4,
	FAMILY_IPV6 = 6,
};

#define QUOTED 0x10 /* added to a family */

/* Not a drop reason: nothing is wrong. */
#define READ_WHOLE (-1)

enum fragment {
	FRAGMENT_NONE,
	FRAGMENT_FIRST,
	FRAGMENT_LATER,
};

/* What the packet shows of its upper layer. */
enum upper {
	UPPER_OTHER, /* neither ports nor ICMP type */
	UPPER_PORTS,
	UPPER_ICMP,
	UPPER_UNKNOWN, /* a later fragment whose first is not known */
};

struct inner {
	__u64 endpoint;
	__be32 source[4]; /* IPv4 in the first word */
	__be32 destination[4];
	__u32 fragment_id; /* as on the wire */
	__u32 upper_offset; /* of the upper-layer header, from the start of the buffer */
	__u32 length;
	__u16 source_port; /* host order; 0 where there is none */
	__u16 destination_port;
	__u8 family;
	__u8 protocol; /* after extension headers */
	__u8 protocol_unknown; /* a later IPv6 fragment that begins inside an extension header */
	__u8 fragment;
	__u8 upper;
	__u8 icmp_type;
	__u16 zero;
};

/* shown: the first bytes of the upper layer where they have been read already, or 0 */
static __always_inline int read_upper(packet_context *context, struct inner *inner, __u32 available, const __u8 *shown)
{
	__u8 bytes[UPPER_LAYER_BYTES];
	const int ports = inner->protocol == PROTOCOL_TCP || inner->protocol == PROTOCOL_UDP;
	const int icmp = inner->protocol == (inner->family == FAMILY_IPV4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6);

	if (inner->fragment == FRAGMENT_LATER) {
		inner->upper = UPPER_UNKNOWN;
		return READ_WHOLE;
	}
	if (!ports && !icmp)
		return READ_WHOLE;
	/* RFC 1858 §3: a first fragment that hides the ports would pass every rule that asks for them. */
	if (available < sizeof(bytes))
		return DROP_INNER_TRANSPORT;
	if (shown)
		__builtin_memcpy(bytes, shown, sizeof(bytes));
	else if (load_bytes(context, inner->upper_offset, bytes, sizeof(bytes)))
		return DROP_INNER_TRANSPORT;
	if (ports) {
		inner->upper = UPPER_PORTS;
		inner->source_port = bytes[0] << 8 | bytes[1];
		inner->destination_port = bytes[2] << 8 | bytes[3];
	} else {
		inner->upper = UPPER_ICMP;
		inner->icmp_type = bytes[0];
	}
	return READ_WHOLE;
}

struct ipv4_start {
	struct ipv4 header;
	__u8 upper[UPPER_LAYER_BYTES];
} __attribute__((aligned(4)));

static __always_inline int read_ipv4(packet_context *context, __u32 offset, __u32 length, int quoted, struct inner *inner)
{
	struct ipv4_start start;
	/* Nearly every packet has no options: what may lie behind the header is read with it. */
	const int both = length >= sizeof(start) && !load_near(context, offset, &start, sizeof(start));
	const struct ipv4 *header = &start.header;
	__u32 header_length;
	__u16 fragment;

	if (length < sizeof(*header) || (!both && load_bytes(context, offset, &start.header, sizeof(*header))))
		return DROP_INNER_HEADER;
	if (header->version_length >> 4 != 4)
		return DROP_INNER_VERSION;
	header_length = (header->version_length & 0xf) * 4;
	if (header_length < sizeof(*header))
		return DROP_INNER_HEADER;
	if ((!quoted && bpf_ntohs(header->total_length) != length) || header_length > length)
		return DROP_INNER_LENGTH;

	inner->family = FAMILY_IPV4;
	inner->source[0] = header->source;
	inner->destination[0] = header->destination;
	inner->protocol = header->protocol;
	inner->upper_offset = offset + header_length;
	fragment = bpf_ntohs(header->fragment);
	if (fragment & (IPV4_FRAGMENT_OFFSET | IPV4_MORE_FRAGMENTS)) {
		inner->fragment = fragment & IPV4_FRAGMENT_OFFSET ? FRAGMENT_LATER : FRAGMENT_FIRST;
		inner->fragment_id = header->identification;
	}
	return read_upper(context, inner, length - header_length, both && header_length == sizeof(*header) ? start.upper : 0);
}

static __always_inline int is_extension(__u8 protocol)
{
	return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING || protocol == PROTOCOL_FRAGMENT ||
	       protocol == PROTOCOL_AUTHENTICATION || protocol == PROTOCOL_DESTINATION_OPTIONS ||
	       protocol == PROTOCOL_MOBILITY || protocol == PROTOCOL_HIP || protocol == PROTOCOL_SHIM6;
}

static __always_inline int read_ipv6(packet_context *context, __u32 offset, __u32 length, int quoted, struct inner *inner)
{
	struct ipv6 header;
	__u32 at = sizeof(header);
	__u8 next;

	if (length < sizeof(header) || load_bytes(context, offset, &header, sizeof(header)))
		return DROP_INNER_HEADER;
	if (header.version_class >> 4 != 6)
		return DROP_INNER_VERSION;
	if (!quoted && bpf_ntohs(header.payload_length) + sizeof(header) != length)
		return DROP_INNER_LENGTH;

	inner->family = FAMILY_IPV6;
	__builtin_memcpy(inner->source, header.source, sizeof(header.source));
	__builtin_memcpy(inner->destination, header.destination, sizeof(header.destination));
	next = header.next_header;
	for (int walked = 0; is_extension(next); walked++) {
		struct ipv6_fragment extension; /* the longest fixed part */

		if (walked == MAX_EXTENSION_HEADERS)
			return DROP_INNER_EXTENSIONS;
		if (at + sizeof(extension) > length || load_bytes(context, offset + at, &extension, sizeof(extension)))
			return DROP_INNER_EXTENSIONS;
		if (next == PROTOCOL_FRAGMENT) {
			const __u16 fragment = bpf_ntohs(extension.offset);

			if (inner->fragment)
				return DROP_INNER_EXTENSIONS;
			/* An atomic fragment, neither offset nor more to come, is a whole packet: RFC 6946. */
			if (fragment & 0xfff9) {
				inner->fragment = fragment & 0xfff8 ? FRAGMENT_LATER : FRAGMENT_FIRST;
				inner->fragment_id = extension.identification;
			}
			at += sizeof(extension);
		} else if (next == PROTOCOL_AUTHENTICATION) {
			at += (extension.reserved + 2) * 4; /* RFC 4302 §2.2 */
		} else {
			at += (extension.reserved + 1) * 8;
		}
		if (at > length)
			return DROP_INNER_EXTENSIONS;
		next = extension.next_header;
		if (inner->fragment == FRAGMENT_LATER)
			break;
	}
	inner->protocol = next;
	inner->protocol_unknown = inner->fragment == FRAGMENT_LATER && is_extension(next);
	inner->upper_offset = offset + at;
	return read_upper(context, inner, length - at, 0);
}

/*
 * READ_WHOLE, or why the packet cannot be judged. The caller zeroes *inner. A packet that an ICMP error quotes is cut short:
 * its length says nothing.
 */
static __attribute__((noinline)) int read_inner(packet_context *context, __u32 offset, __u32 length, __u32 family,
						struct inner *inner)
{
	const int quoted = family & QUOTED;

	inner->length = length;
	if ((family & ~QUOTED) == FAMILY_IPV4)
		return read_ipv4(context, offset, length, quoted, inner);
	return read_ipv6(context, offset, length, quoted, inner);
}

/* RFC 792, RFC 4443 §2.1: types whose payload begins with the packet that they are about. */
static __always_inline int is_icmp_error(const struct inner *inner)
{
	const __u8 type = inner->icmp_type;

	if (inner->upper != UPPER_ICMP)
		return 0;
	if (inner->family == FAMILY_IPV6)
		return type >= 1 && type <= 4;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

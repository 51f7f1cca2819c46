/* SPDX-License-Identifier: MIT */
#pragma once
/* From the frame to the GENEVE payload. */

#include "outer.h"

#define UDP_PORTS 4 /* bytes: source and destination */

/* RFC 1071: over a header with its checksum in it, 0xffff. */
static __always_inline int checksum_is_right(packet_context *context, struct ipv4 *ipv4, __u32 length)
{
	__u16 words[30] = {};
	__u32 sum = 0;

	if (length == sizeof(*ipv4)) {
		__builtin_memcpy(words, ipv4, sizeof(*ipv4));
#pragma unroll
		for (int i = 0; i < 10; i++)
			sum += words[i];
	} else {
		/* The verifier must see the bounds: 20 to 60 bytes. */
		if (length < sizeof(*ipv4) || length > sizeof(words))
			return 0;
		if (load_bytes(context, sizeof(struct ethernet), words, length))
			return 0;
#pragma unroll
		for (int i = 0; i < 30; i++)
			sum += words[i];
	}
	return fold(sum) == 0xffff;
}

static __always_inline int is_ours(const struct ethernet *ethernet)
{
	struct settings *settings = read_settings();

	__u8 difference = 0;

	if (!settings)
		return 0;
	/* A promiscuous interface sees what was sent to others; and a reply to a group address would have it as source. */
#pragma unroll
	for (int i = 0; i < 6; i++)
		difference |= ethernet->destination[i] ^ settings->mac[i];
	return difference == 0;
}

static __always_inline int is_option(const struct geneve_option *option, __u8 type, __u8 words)
{
	return option->class == bpf_htons(AWS_OPTION_CLASS) && option->type == type && (option->length & 0x1f) == words;
}

/* Nearly every packet: the three options, and no other, in GWLB's order. */
static __always_inline int are_usual(const struct outer *outer)
{
	return outer->options_read && outer->geneve_length == sizeof(struct geneve) + sizeof(outer->options) &&
	       is_option(&outer->options.endpoint_header, OPTION_ENDPOINT, 2) &&
	       is_option(&outer->options.attachment_header, OPTION_ATTACHMENT, 2) &&
	       is_option(&outer->options.cookie_header, OPTION_FLOW_COOKIE, 1);
}

/* Finds the endpoint; refuses what RFC 8926 §3.5 refuses. */
static __always_inline int read_options(packet_context *context, struct outer *outer)
{
	__u32 at = outer->geneve_offset + sizeof(struct geneve);
	const __u32 end = outer->geneve_offset + outer->geneve_length;
	int found = 0;

	if (are_usual(outer)) {
		outer->endpoint = bpf_be64_to_cpu(outer->options.endpoint);
		return CONTINUE;
	}
	for (int i = 0; i < GENEVE_MAX_OPTIONS; i++) {
		struct geneve_option option;
		__u32 length;

		if (at >= end)
			break;
		if (load_bytes(context, at, &option, sizeof(option)))
			return drop(DROP_GENEVE_TRUNCATED);
		at += sizeof(option);
		length = (option.length & 0x1f) * 4;
		if (at + length > end)
			return drop(DROP_GENEVE_OPTION);
		if (option.class == bpf_htons(AWS_OPTION_CLASS) && option.type == OPTION_ENDPOINT) {
			__be64 id;

			if (length != sizeof(id) || found)
				return drop(DROP_GENEVE_OPTION);
			if (load_bytes(context, at, &id, sizeof(id)))
				return drop(DROP_GENEVE_TRUNCATED);
			outer->endpoint = bpf_be64_to_cpu(id);
			found = 1;
		} else if (option.type & GENEVE_CRITICAL) {
			return drop(DROP_CRITICAL_OPTION);
		}
		at += length;
	}
	if (!found)
		return drop(DROP_NO_ENDPOINT_OPTION);
	return CONTINUE;
}

/* Straight from the buffer where it is linear that far, or by a call. */
static __always_inline long load_headers(packet_context *context, struct outer *outer)
{
	const __u64 *from = (void *)(long)context->data;
	__u64 *to = (void *)outer;

	if ((void *)from + ALL_HEADERS > (void *)(long)context->data_end)
		return load_bytes(context, 0, outer, ALL_HEADERS);
#pragma unroll
	for (unsigned int i = 0; i < ALL_HEADERS / 8; i++)
		to[i] = from[i];
	*(__u16 *)&to[ALL_HEADERS / 8] = *(const __u16 *)&from[ALL_HEADERS / 8];
	return 0;
}
_Static_assert(ALL_HEADERS % 8 == 2, "copied by words of 8 bytes and one of 2");

/* CONTINUE, or the verdict on a packet that is not from GWLB or not well-formed. Not inline: a call chain has 512 bytes of stack. */
static __attribute__((noinline)) int read_outer(packet_context *context, struct outer *outer)
{
	__u32 header_length, total_length, udp_length;
	__u16 fragment;

	/* Nearly every packet: no options of IP, and GENEVE's are the usual ones. Every call counts. */
	outer->options_read = !load_headers(context, outer);
	if (!outer->options_read && load_bytes(context, 0, &outer->ethernet, sizeof(outer->ethernet) + sizeof(outer->ipv4)))
		return pass();
	if (outer->ethernet.type != bpf_htons(ETHERTYPE_IPV4) || outer->ipv4.protocol != PROTOCOL_UDP)
		return pass();
	header_length = (outer->ipv4.version_length & 0xf) * 4;
	fragment = bpf_ntohs(outer->ipv4.fragment);
	/* A later fragment does not show its port; without its first, which is dropped below, it is never reassembled. */
	if (outer->ipv4.version_length >> 4 != 4 || header_length < sizeof(outer->ipv4) || fragment & IPV4_FRAGMENT_OFFSET)
		return pass();
	if (!outer->options_read || header_length != sizeof(outer->ipv4)) {
		const __u32 at = sizeof(outer->ethernet) + header_length;

		outer->options_read = !load_bytes(context, at, &outer->udp, FROM_UDP_TO_OPTIONS);
		/* Cut short behind the ports: a damaged packet for this program to drop, or the host might route it on. */
		if (!outer->options_read && load_bytes(context, at, &outer->udp, sizeof(outer->udp)) &&
		    load_bytes(context, at, &outer->udp, UDP_PORTS))
			return pass();
	}
	if (outer->udp.destination != bpf_htons(GENEVE_PORT) || !is_ours(&outer->ethernet) || is_of_vlan(context))
		return pass();

	if (!is_trusted(outer->ipv4.source))
		return drop(DROP_UNTRUSTED_SOURCE);
	if (fragment & IPV4_MORE_FRAGMENTS)
		return drop(DROP_OUTER_FRAGMENT);
	total_length = bpf_ntohs(outer->ipv4.total_length);
	if (total_length < header_length + sizeof(outer->udp) ||
	    total_length > packet_length(context) - sizeof(outer->ethernet))
		return drop(DROP_OUTER_HEADER);
	if (!checksum_is_right(context, &outer->ipv4, header_length))
		return drop(DROP_OUTER_CHECKSUM);
	udp_length = bpf_ntohs(outer->udp.length);
	if (udp_length != total_length - header_length)
		return drop(DROP_UDP_LENGTH);

	outer->geneve_offset = sizeof(outer->ethernet) + header_length + sizeof(outer->udp);
	if (udp_length < sizeof(outer->udp) + sizeof(outer->geneve) ||
	    (!outer->options_read && load_bytes(context, outer->geneve_offset, &outer->geneve, sizeof(outer->geneve))))
		return drop(DROP_GENEVE_TRUNCATED);
	if (outer->geneve.version_length >> 6)
		return drop(DROP_GENEVE_VERSION);
	/* RFC 8926 §3.4: the payload of a control packet must not be forwarded, and none is defined for this agent to act on. */
	if (outer->geneve.control_critical & GENEVE_CONTROL)
		return drop(DROP_GENEVE_CONTROL);
	outer->geneve_length = sizeof(outer->geneve) + (outer->geneve.version_length & 0x3f) * 4;
	if (udp_length < sizeof(outer->udp) + outer->geneve_length)
		return drop(DROP_GENEVE_TRUNCATED);
	outer->payload_length = udp_length - sizeof(outer->udp) - outer->geneve_length;
	return read_options(context, outer);
}

/* SPDX-License-Identifier: MIT */
#pragma once
/* GENEVE in, verdict, the same GENEVE out. */

#include "outer.h"
#include "classify.h"

/* CONTINUE for a packet to be returned. */
static __always_inline int decide(packet_context *context)
{
	struct outer outer = {};
	struct inner inner = {};
	int verdict, reason;

	verdict = read_outer(context, &outer);
	if (verdict != CONTINUE)
		return verdict;
	inner.endpoint = outer.endpoint;
	verdict = read_inner(context, outer.geneve_offset + outer.geneve_length, outer.payload_length,
			     outer.geneve.protocol_type, &inner);
	if (verdict != CONTINUE)
		return verdict;
	reason = classify(&inner);
	if (reason != FORWARD)
		return drop(reason);
	return CONTINUE;
}

/*
 * Both addresses of both layers change places; ports stay as received, as GWLB wants them. No checksum changes: a sum does
 * not depend on the order of what it adds.
 */
static __always_inline void turn_back(struct ethernet *ethernet, struct ipv4 *ipv4)
{
	__u8 mac[6];
	__be32 address = ipv4->source;

	__builtin_memcpy(mac, ethernet->source, sizeof(mac));
	__builtin_memcpy(ethernet->source, ethernet->destination, sizeof(mac));
	__builtin_memcpy(ethernet->destination, mac, sizeof(mac));
	ipv4->source = ipv4->destination;
	ipv4->destination = address;
}

/* SPDX-License-Identifier: MIT */
#pragma once
/* GENEVE in, verdict, the same GENEVE out. */

#include "outer.h"
#include "inspect.h"

/* CONTINUE for a packet to be returned. */
static __always_inline int decide(packet_context *context)
{
	struct outer outer = {};
	struct inner inner = {};
	int verdict;

	verdict = read_outer(context, &outer);
	if (verdict != CONTINUE)
		return verdict;
	return inspect(context, &outer, &inner);
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

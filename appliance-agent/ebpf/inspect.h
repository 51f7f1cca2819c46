/* SPDX-License-Identifier: MIT */
#pragma once
/* The GENEVE payload, judged: the same for both modes. */

#include "read_outer.h"
#include "classify.h"
#include "endpoints.h"
#include "fragments.h"

/* CONTINUE for a packet that may go on, with *inner filled in. The caller zeroes *inner. */
static __always_inline int inspect(packet_context *context, const struct outer *outer, struct inner *inner)
{
	__u32 family;
	int reason;

	if (outer->geneve.protocol_type == bpf_htons(ETHERTYPE_IPV4))
		family = FAMILY_IPV4;
	else if (outer->geneve.protocol_type == bpf_htons(ETHERTYPE_IPV6))
		family = FAMILY_IPV6;
	else
		return drop(DROP_PROTOCOL_TYPE);
	inner->endpoint = outer->endpoint;
	reason = read_inner(context, outer->geneve_offset + outer->geneve_length, outer->payload_length, family, inner);
	if (reason != READ_WHOLE)
		return drop(reason);
	count_endpoint(inner);
	join_fragments(inner);
	reason = classify(inner);
	if (reason != FORWARD)
		return drop(reason);
	return CONTINUE;
}

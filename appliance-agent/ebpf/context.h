/* SPDX-License-Identifier: MIT */
#pragma once
/* What differs between a program at tc and the same program at XDP. */

#include "wire.h"

#ifdef XDP

typedef struct xdp_md packet_context;

#define VERDICT_PASS XDP_PASS
#define VERDICT_DROP XDP_DROP

static __always_inline long load_bytes(packet_context *context, __u32 offset, void *to, __u32 length)
{
	return bpf_xdp_load_bytes(context, offset, to, length);
}

static __always_inline __u32 packet_length(packet_context *context)
{
	return bpf_xdp_get_buff_len(context);
}

/* The tag stands in the frame, which then is no IPv4. */
static __always_inline int is_of_vlan(packet_context *context)
{
	(void)context;
	return 0;
}

#else

#include <linux/pkt_cls.h>

typedef struct __sk_buff packet_context;

/* Not ours: what others have attached behind this program sees the packet, too, at tcx and at clsact. */
#define VERDICT_PASS TC_ACT_UNSPEC
#define VERDICT_DROP TC_ACT_SHOT

/* Reads non-linear packets too, where direct access would end at the first fragment of the buffer. */
static __always_inline long load_bytes(packet_context *context, __u32 offset, void *to, __u32 length)
{
	return bpf_skb_load_bytes(context, offset, to, length);
}

static __always_inline __u32 packet_length(packet_context *context)
{
	return context->len;
}

/* The kernel has taken the tag off. IEEE 802.1Q §9.6: VLAN 0 only gives a priority. */
static __always_inline int is_of_vlan(packet_context *context)
{
	return context->vlan_present && context->vlan_tci & 0xfff;
}

#endif

#define FARTHEST_HEADER 511 /* behind Ethernet, IPv4, UDP and GENEVE with all their options lie 342 bytes */

/* Straight from the buffer where it is linear that far, or by a call. length: a constant, words of 4 bytes; to: aligned. */
static __always_inline long load_near(packet_context *context, __u32 offset, void *to, const __u32 length)
{
	const __u32 *from = (void *)(long)context->data;
	__u32 *words = to, at = offset;

	asm volatile("" : "+r"(at)); /* or Linux 6.1 learns no bounds of it */
	if (at <= FARTHEST_HEADER) {
		from = (void *)from + at;
		if ((void *)from + length <= (void *)(long)context->data_end) {
#pragma unroll
			for (unsigned int i = 0; i < length / 4; i++)
				words[i] = from[i];
			return 0;
		}
	}
	return load_bytes(context, offset, to, length);
}

/* Not a verdict of the kernel: the packet is still being looked at. */
#define CONTINUE 0x100

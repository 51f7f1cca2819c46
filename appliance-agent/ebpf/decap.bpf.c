/* SPDX-License-Identifier: MIT */
/* Routed mode, inbound: at tc ingress of the underlay interface, GENEVE becomes a packet that arrives at gwi-X. */

#include "inspect.h"
#include "remember.h"
#include "devices.h"

#define IPV6_LONGER 20 /* an IPv6 header than an IPv4 header, bytes */
#define DECAP_L3_IPV6 (1ULL << 8) /* BPF_F_ADJ_ROOM_DECAP_L3_IPV6, Linux 6.3 */

/* A packet of an endpoint that has no devices yet goes to the agent, which makes them and gives it back. */
#define HAND_UP(skb, offset, size, room)                                                        \
	({                                                                                      \
		struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event) + (room), 0); \
		int verdict = CONTINUE;                                                         \
                                                                                                \
		if (event) {                                                                    \
			event->endpoint = inner->endpoint;                                      \
			event->length = (size);                                                 \
			event->zero = 0;                                                        \
			if (bpf_skb_load_bytes(skb, offset, event + 1, size)) {                 \
				bpf_ringbuf_discard(event, 0);                                  \
			} else {                                                                \
				bpf_ringbuf_submit(event, 0);                                   \
				verdict = TC_ACT_SHOT;                                          \
			}                                                                       \
		}                                                                               \
		verdict;                                                                        \
	})

static __always_inline int hand_up(struct __sk_buff *skb, __u32 offset, const struct inner *inner)
{
	__u32 length = inner->length;
	int verdict = CONTINUE;

	if (length < sizeof(struct ipv4))
		return drop(DROP_INNER_HEADER);
	/* The kernel reserves constant sizes only. */
	if (length <= 512)
		verdict = HAND_UP(skb, offset, length, 512);
	else if (length <= 2048)
		verdict = HAND_UP(skb, offset, length, 2048);
	else if (length <= 9216)
		verdict = HAND_UP(skb, offset, length, 9216);
	if (verdict == CONTINUE)
		return drop(DROP_NEW_ENDPOINT);
	count(COUNT_HANDED_UP);
	return verdict;
}

static __always_inline long strip(struct __sk_buff *skb, __u32 length, __u8 family)
{
	struct settings *settings;

	if (family == FAMILY_IPV4)
		return bpf_skb_adjust_room(skb, -(__s32)length, BPF_ADJ_ROOM_MAC, 0);
	settings = read_settings();
	if (!settings)
		return -1;
	if (!settings->ipv6_decap_by_protocol_change)
		return bpf_skb_adjust_room(skb, -(__s32)length, BPF_ADJ_ROOM_MAC, DECAP_L3_IPV6);
	if (bpf_skb_change_proto(skb, bpf_htons(ETHERTYPE_IPV6), 0))
		return -1;
	return bpf_skb_adjust_room(skb, -(__s32)(length + IPV6_LONGER), BPF_ADJ_ROOM_MAC, 0);
}

SEC("tc")
int decap(struct __sk_buff *skb)
{
	struct endpoint_devices *devices;
	struct outer outer = {};
	struct inner inner = {};
	__u32 payload_offset, mark;
	int verdict;

	verdict = read_outer(skb, &outer);
	if (verdict != CONTINUE)
		return verdict;
	verdict = inspect(skb, &outer, &inner);
	if (verdict != CONTINUE)
		return verdict;
	verdict = remember(skb, &outer, &inner);
	if (verdict != CONTINUE)
		return verdict;

	payload_offset = outer.geneve_offset + outer.geneve_length;
	devices = find_devices(inner.endpoint);
	if (!devices)
		return hand_up(skb, payload_offset, &inner);
	if (strip(skb, payload_offset - sizeof(struct ethernet), inner.family))
		return drop(DROP_KERNEL_REFUSED);
	mark = devices->mark;
	asm volatile("" : "+r"(mark)); /* or clang stores a part of it, which the verifier refuses */
	skb->mark = mark;
	count(COUNT_DECAPSULATED);
	return bpf_redirect(devices->ingress, BPF_F_INGRESS);
}

char _license[] SEC("license") = "Dual MIT/GPL";

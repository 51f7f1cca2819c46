/* SPDX-License-Identifier: MIT */
/* What the running kernel can do; loading a program does not tell. Run on a packet, never attached. */

#include "context.h"

/* 0 on an IPv6 packet in an IPv4 packet when bpf_skb_adjust_room knows BPF_F_ADJ_ROOM_DECAP_L3_IPV6 (Linux 6.3). */
SEC("tc")
int ipv6_decap(struct __sk_buff *skb)
{
	return -bpf_skb_adjust_room(skb, -(__s32)sizeof(struct ipv4), BPF_ADJ_ROOM_MAC, 1ULL << 8);
}

char _license[] SEC("license") = "Dual MIT/GPL";

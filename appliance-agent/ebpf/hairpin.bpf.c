/* SPDX-License-Identifier: MIT */
/* Hairpin at tc ingress of the underlay interface. */

#include "hairpin.h"

SEC("tc")
int hairpin(struct __sk_buff *skb)
{
	struct ethernet *ethernet;
	struct ipv4 *ipv4;
	int verdict = decide(skb);

	if (verdict != CONTINUE)
		return verdict;
	if (skb->data + sizeof(*ethernet) + sizeof(*ipv4) > skb->data_end &&
	    bpf_skb_pull_data(skb, sizeof(*ethernet) + sizeof(*ipv4)))
		return drop(DROP_KERNEL_REFUSED);
	ethernet = (void *)(long)skb->data;
	ipv4 = (void *)(ethernet + 1);
	if ((void *)(ipv4 + 1) > (void *)(long)skb->data_end)
		return drop(DROP_KERNEL_REFUSED);
	turn_back(ethernet, ipv4);
	count(COUNT_RETURNED);
	return bpf_redirect(skb->ifindex, 0);
}

char _license[] SEC("license") = "Dual MIT/GPL";

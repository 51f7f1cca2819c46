/* SPDX-License-Identifier: MIT */
/* The same hairpin in the driver, before the kernel makes a socket buffer. */

#define XDP
#include "hairpin.h"

SEC("xdp.frags")
int hairpin_xdp(struct xdp_md *xdp)
{
	struct ethernet *ethernet;
	struct ipv4 *ipv4;
	int verdict = decide(xdp);

	if (verdict != CONTINUE)
		return verdict;
	ethernet = (void *)(long)xdp->data;
	ipv4 = (void *)(ethernet + 1);
	if ((void *)(ipv4 + 1) > (void *)(long)xdp->data_end)
		return drop(DROP_KERNEL_REFUSED);
	turn_back(ethernet, ipv4);
	count(COUNT_RETURNED);
	return XDP_TX;
}

char _license[] SEC("license") = "Dual MIT/GPL";

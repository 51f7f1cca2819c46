/* SPDX-License-Identifier: MIT */
/* Routed mode, outbound: at tc egress of gwo-X, a packet becomes GENEVE on the underlay interface. */

#include "flows.h"
#include "devices.h"

#define OUTER_TTL 64

/* Aligned, and IPv4 by the two bytes too: or each byte is copied alone. */
struct outer_headers {
	__u8 before[2];
	struct ethernet ethernet;
	struct ipv4 ipv4;
	struct udp udp;
	__u8 geneve[GENEVE_KEPT];
} __attribute__((packed));

_Static_assert(sizeof(struct outer_headers) - __builtin_offsetof(struct outer_headers, ethernet) == ALL_HEADERS,
	       "the headers lie behind each other");
_Static_assert(ALL_HEADERS % 4 == 2, "copied by words of 4 bytes and one of 2");
#define FIXED_HEADERS (__builtin_offsetof(struct outer_headers, geneve) - __builtin_offsetof(struct outer_headers, ethernet))

/* The flow of the packet that an ICMP error quotes; it went the other way, but a key has no direction. */
static __always_inline struct flow *find_quoted(struct __sk_buff *skb, const struct inner *inner, struct flow_key *key)
{
	const __u32 offset = inner->upper_offset + ICMP_HEADER_BYTES;
	struct inner quoted = {};

	if (offset >= inner->length)
		return 0;
	quoted.endpoint = inner->endpoint;
	if (read_inner(skb, offset, inner->length - offset, inner->family | QUOTED, &quoted) != READ_WHOLE)
		return 0;
	flow_key_of(&quoted, key);
	if (quoted.fragment != FRAGMENT_LATER)
		return bpf_map_lookup_elem(&flows, key);
	to_fragment_key(&quoted, key);
	return bpf_map_lookup_elem(&fragment_flows, key);
}

/* For its later fragments, which do not show their ports. That there was no room is told when they are dropped. */
static __always_inline void remember_fragment(const struct inner *inner, const struct flow_key *key,
					      const struct flow *flow)
{
	struct long_options *options = bpf_map_lookup_elem(&long_options, key);
	struct flow_key fragment = *key;

	to_fragment_key(inner, &fragment);
	bpf_map_update_elem(&fragment_flows, &fragment, flow, BPF_ANY);
	if (options)
		bpf_map_update_elem(&long_options, &fragment, options, BPF_ANY);
}

/* Leaves in *key under which entry the flow was found. */
static __always_inline struct flow *find_flow(struct __sk_buff *skb, const struct inner *inner, struct flow_key *key)
{
	struct flow *flow;

	flow_key_of(inner, key);
	if (inner->fragment == FRAGMENT_LATER) {
		to_fragment_key(inner, key);
		return bpf_map_lookup_elem(&fragment_flows, key);
	}
	if (is_icmp_error(inner)) {
		to_error_key(skb, inner, key);
		flow = bpf_map_lookup_elem(&fragment_flows, key);
		if (!flow) /* The kernel's own, or one that NAT has changed. */
			return find_quoted(skb, inner, key);
	} else {
		flow = bpf_map_lookup_elem(&flows, key);
	}
	if (flow && inner->fragment == FRAGMENT_FIRST)
		remember_fragment(inner, key, flow);
	return flow;
}

/* RFC 5771 §4, RFC 4291 §2.7: what no router passes on. The kernel's own, as MLD reports, which need no address and no order. */
static __always_inline int is_link_multicast(const struct inner *inner)
{
	if (inner->family == FAMILY_IPV4)
		return (inner->destination[0] & bpf_htonl(0xffffff00)) == bpf_htonl(0xe0000000);
	return (inner->destination[0] & bpf_htonl(0xff0f0000)) == bpf_htonl(0xff020000);
}

/* Room for the outer headers, which the kernel must know of when it has to cut or to sum the packet later. */
static __always_inline long make_room(struct __sk_buff *skb, __u32 length)
{
	/* A forwarded packet needs neither; one push is a quarter faster (2-core x86-64 VM, kernel 6.18, 2026-11). */
	if (skb->ingress_ifindex && !skb->gso_size)
		return bpf_skb_change_head(skb, length, 0);
	if (bpf_skb_adjust_room(skb, length - sizeof(struct ethernet), BPF_ADJ_ROOM_MAC,
				BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP))
		return -1;
	return bpf_skb_change_head(skb, sizeof(struct ethernet), 0);
}

static __always_inline void write_headers(const struct flow *flow, __u32 inner_length, __u32 geneve_length,
					  struct outer_headers *headers)
{
	__u32 sum = 0;

	__builtin_memcpy(headers->ethernet.destination, flow->gwlb_mac, sizeof(flow->gwlb_mac));
	__builtin_memcpy(headers->ethernet.source, flow->own_mac, sizeof(flow->own_mac));
	headers->ethernet.type = bpf_htons(ETHERTYPE_IPV4);
	headers->ipv4.version_length = 0x45;
	headers->ipv4.tos = flow->tos;
	headers->ipv4.total_length =
		bpf_htons(sizeof(headers->ipv4) + sizeof(headers->udp) + geneve_length + inner_length);
	headers->ipv4.identification = 0; /* RFC 6864 §4.1: has no meaning with DF */
	headers->ipv4.fragment = bpf_htons(IPV4_DONT_FRAGMENT);
	headers->ipv4.ttl = OUTER_TTL;
	headers->ipv4.protocol = PROTOCOL_UDP;
	headers->ipv4.checksum = 0;
	headers->ipv4.source = flow->own_address;
	headers->ipv4.destination = flow->gwlb_address;
	__u16 words[sizeof(headers->ipv4) / 2];
	__builtin_memcpy(words, &headers->ipv4, sizeof(words));
#pragma unroll
	for (int i = 0; i < (int)(sizeof(words) / 2); i++)
		sum += words[i];
	headers->ipv4.checksum = ~fold(sum);
	headers->udp.source = flow->gwlb_port; /* both ports as GWLB sent them */
	headers->udp.destination = bpf_htons(GENEVE_PORT);
	headers->udp.length = bpf_htons(sizeof(headers->udp) + geneve_length + inner_length);
	headers->udp.checksum = 0; /* RFC 768: none; GWLB takes it, and none of AWS's tunnel handler's packets has one */
	__builtin_memcpy(headers->geneve, flow->geneve, sizeof(headers->geneve));
}

/* Straight into the buffer where GENEVE's options are as long as the usual ones, as they nearly always are, or by a call. */
static __always_inline long store_headers(struct __sk_buff *skb, const struct outer_headers *headers, __u32 kept)
{
	const __u8 *from = (const void *)&headers->ethernet;
	__u8 *to = (void *)(long)skb->data;

	if (kept < GENEVE_KEPT || to + ALL_HEADERS > (__u8 *)(long)skb->data_end)
		return bpf_skb_store_bytes(skb, 0, from, FIXED_HEADERS + kept, 0);
	/* Aligned where it comes from. */
	*(__u16 *)to = *(const __u16 *)from;
#pragma unroll
	for (unsigned int i = 2; i < ALL_HEADERS; i += 4)
		*(__u32 *)(to + i) = *(const __u32 *)(from + i);
	return 0;
}

SEC("tc")
int encap(struct __sk_buff *skb)
{
	__u32 inner_length = skb->len, geneve_length, kept;
	struct long_options *options = 0;
	struct outer_headers headers __attribute__((aligned(8)));
	struct settings *settings = read_settings();
	struct inner inner = {};
	struct flow_key key;
	const __u8 *start;
	struct flow *flow;
	__u8 version;

	if (!settings || !find_endpoint(skb->ifindex, &inner.endpoint))
		return drop(DROP_NO_FLOW);
	start = (void *)(long)skb->data;
	if ((void *)(start + 1) <= (void *)(long)skb->data_end)
		version = *start;
	else if (bpf_skb_load_bytes(skb, 0, &version, sizeof(version)))
		return drop(DROP_NOT_IP);
	version >>= 4;
	if (version != FAMILY_IPV4 && version != FAMILY_IPV6)
		return drop(DROP_NOT_IP);
	if (read_inner(skb, 0, inner_length, version, &inner) != READ_WHOLE)
		return drop(DROP_NOT_IP);
	flow = find_flow(skb, &inner, &key);
	if (!flow)
		return drop(is_link_multicast(&inner) ? DROP_LINK_MULTICAST : DROP_NO_FLOW);

	geneve_length = flow->geneve_words * 4;
	kept = geneve_length;
	if (geneve_length > GENEVE_KEPT) {
		kept = GENEVE_KEPT;
		options = bpf_map_lookup_elem(&long_options, &key);
		if (!options)
			return drop(DROP_NO_FLOW);
	}
	/* Two checks: of one of kept - 8, which clang would make, Linux 6.1 learns nothing about kept. */
	asm volatile("" : "+r"(kept));
	if (kept > GENEVE_KEPT)
		return drop(DROP_NO_FLOW);
	asm volatile("" : "+r"(kept));
	if (kept < sizeof(struct geneve))
		return drop(DROP_NO_FLOW);
	write_headers(flow, inner_length, geneve_length, &headers);
	if (make_room(skb, FIXED_HEADERS + geneve_length))
		return drop(DROP_KERNEL_REFUSED);
	if (store_headers(skb, &headers, kept))
		return drop(DROP_KERNEL_REFUSED);
	if (options) {
		__u32 rest = geneve_length - GENEVE_KEPT;

		asm volatile("" : "+r"(rest));
		if (rest > sizeof(options->rest))
			return drop(DROP_KERNEL_REFUSED);
		asm volatile("" : "+r"(rest));
		if (rest < 4 ||
		    bpf_skb_store_bytes(skb, FIXED_HEADERS + GENEVE_KEPT, options->rest, rest, 0))
			return drop(DROP_KERNEL_REFUSED);
	}
	count(COUNT_ENCAPSULATED);
	return bpf_redirect(settings->underlay, 0);
}

char _license[] SEC("license") = "Dual MIT/GPL";

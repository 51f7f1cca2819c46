// SPDX-License-Identifier: MIT
/*
 * A Gateway Load Balancer with its endpoints, for the lab. Strict: what AWS's would not accept is refused, and counted by
 * reason. What is emulated, and how sure that is, stands in docs/lab.md.
 *
 *   from_vpc      at the interfaces of the endpoints: packet of a VPC -> flow, target -> GENEVE -> appliance
 *   from_target   at the load balancer's interfaces: GENEVE -> checks -> packet -> the endpoint that it came from
 *
 * Targets, their health and the stickiness are decided in TypeScript (emulator.ts) and written into the maps here.
 */
#include "../../../appliance-agent/ebpf/wire.h"
#include "choose_target.h"
#include <linux/pkt_cls.h>

#define MAX_INNER 8500 /* docs.aws.amazon.com/elasticloadbalancing/latest/gateway/gateway-load-balancers.html#mtu */
#define OPTIONS_LENGTH 32 /* 12 endpoint, 12 attachment, 8 flow cookie */
#define ENCAPSULATION_LENGTH (sizeof(struct ipv4) + sizeof(struct udp) + sizeof(struct geneve) + OPTIONS_LENGTH)
#define FIRST_SOURCE_PORT 60000
#define SOURCE_PORTS 5000
#define TCP_SYN 0x02
#define TCP_ACK 0x10
#define DECAP_L3_IPV6 (1ULL << 8) /* BPF_F_ADJ_ROOM_DECAP_L3_IPV6, since Linux 6.3 */

/* Mirrored in refusals.ts; a new one goes last. */
enum refusal {
	REFUSED_TOO_BIG, /* inner packet above 8500 bytes: dropped silently, no ICMP */
	REFUSED_NOT_IP,
	REFUSED_NO_FLOW, /* TCP from the VPC that is not a SYN and belongs to no live flow */
	REFUSED_NO_TARGET,
	REFUSED_KERNEL,
	REFUSED_OUTER, /* from the appliance: not a plain IPv4 header, or not to this load balancer's own address */
	REFUSED_GENEVE, /* not the header and the three options that were sent */
	REFUSED_UNKNOWN_FLOW, /* an appliance cannot originate traffic */
	REFUSED_COOKIE,
	REFUSED_TARGET, /* another appliance than the flow's */
	REFUSED_SOURCE_PORT, /* the UDP ports must come back as they were sent */
	REFUSALS,
};

enum stickiness { FIVE_TUPLE, THREE_TUPLE, TWO_TUPLE };

struct balancer {
	__u64 tcp_idle_nanoseconds;
	__u64 other_idle_nanoseconds;
	__u32 stickiness;
	__u32 rebalance; /* flows of an unhealthy or deregistered target move to another */
};

/* By interface index of the endpoint's own interface. */
struct endpoint {
	__u64 id;
	__u64 attachment;
	__u32 zone;
	__u32 balancer_interface; /* where this zone's load balancer node has its address */
	__be32 balancer_address;
	__u8 mac[6]; /* of the endpoint's interface */
	__u8 router_mac[6]; /* of the VPC router's end */
};

struct flow {
	__u64 last_seen;
	__u64 packets_out, packets_back;
	__u32 cookie;
	__be32 target;
	__be16 source_port;
	__u16 zero[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct balancer);
} balancer SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct endpoint);
} endpoints SEC(".maps");

/* By zone; with cross-zone load balancing every zone has every target. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct targets);
} zones SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 20);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, REFUSALS);
	__type(key, __u32);
	__type(value, __u64);
} refusals SEC(".maps");

/* Every refused packet, as far as there is room, so that a person can see which one it was. */
struct refused_packet {
	__u32 reason;
	__u32 interface;
	__u32 length;
	__u8 start[128];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} refused SEC(".maps");

static __always_inline int refuse(struct __sk_buff *skb, __u32 reason)
{
	__u64 *count = bpf_map_lookup_elem(&refusals, &reason);
	struct refused_packet *record;
	__u32 length = skb->len;

	if (count)
		++*count;
	record = bpf_ringbuf_reserve(&refused, sizeof(*record), 0);
	if (record) {
		record->reason = reason;
		record->interface = skb->ifindex;
		record->length = length;
		__builtin_memset(record->start, 0, sizeof(record->start));
		if (length > sizeof(record->start))
			length = sizeof(record->start);
		if (length > 0)
			bpf_skb_load_bytes(skb, 0, record->start, length);
		bpf_ringbuf_submit(record, 0);
	}
	return TC_ACT_SHOT;
}

/* What decides a packet's flow; `syn` only for TCP. */
struct facts {
	struct flow_key key;
	int syn;
	__u32 length; /* of the IP packet */
};

static __always_inline int is_lower(const __be32 *a, const __be32 *b)
{
#pragma unroll
	for (int i = 0; i < 4; i++)
		if (a[i] != b[i])
			return a[i] < b[i];
	return -1;
}

/* The same key for both directions. A fragment's flow is its 3-tuple: later fragments show no ports. */
static __always_inline int read_facts(struct __sk_buff *skb, __u32 offset, __u32 interface, __u32 stickiness,
				      struct facts *facts)
{
	__be32 source[4] = {}, destination[4] = {};
	__be16 ports[2] = {};
	__u32 transport;
	int has_ports = stickiness == FIVE_TUPLE, lower;
	__u8 version;

	__builtin_memset(facts, 0, sizeof(*facts));
	if (bpf_skb_load_bytes(skb, offset, &version, sizeof(version)))
		return -1;
	if (version >> 4 == 4) {
		struct ipv4 ip;

		if (bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip)))
			return -1;
		source[0] = ip.source;
		destination[0] = ip.destination;
		facts->key.family = 4;
		facts->key.protocol = ip.protocol;
		facts->length = bpf_ntohs(ip.total_length);
		transport = offset + (ip.version_length & 0xf) * 4;
		if (ip.fragment & bpf_htons(IPV4_FRAGMENT_OFFSET | IPV4_MORE_FRAGMENTS))
			has_ports = 0;
	} else if (version >> 4 == 6) {
		struct ipv6 ip;

		if (bpf_skb_load_bytes(skb, offset, &ip, sizeof(ip)))
			return -1;
		__builtin_memcpy(source, ip.source, sizeof(source));
		__builtin_memcpy(destination, ip.destination, sizeof(destination));
		facts->key.family = 6;
		facts->key.protocol = ip.next_header;
		facts->length = sizeof(ip) + bpf_ntohs(ip.payload_length);
		transport = offset + sizeof(ip);
		if (ip.next_header == PROTOCOL_FRAGMENT) {
			struct ipv6_fragment fragment;

			if (bpf_skb_load_bytes(skb, transport, &fragment, sizeof(fragment)))
				return -1;
			facts->key.protocol = fragment.next_header;
			has_ports = 0;
		}
	} else {
		return -1;
	}
	if (facts->key.protocol != PROTOCOL_TCP && facts->key.protocol != PROTOCOL_UDP)
		has_ports = 0;
	if (has_ports && bpf_skb_load_bytes(skb, transport, ports, sizeof(ports)))
		return -1;
	if (has_ports && facts->key.protocol == PROTOCOL_TCP) {
		__u8 flags;

		if (bpf_skb_load_bytes(skb, transport + 13, &flags, sizeof(flags)))
			return -1;
		facts->syn = (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	}
	if (stickiness == TWO_TUPLE)
		facts->key.protocol = 0;

	lower = is_lower(source, destination);
	if (lower < 0)
		lower = ports[0] <= ports[1];
	facts->key.interface = interface;
	facts->key.low_port = lower ? ports[0] : ports[1];
	facts->key.high_port = lower ? ports[1] : ports[0];
	__builtin_memcpy(facts->key.low, lower ? source : destination, sizeof(source));
	__builtin_memcpy(facts->key.high, lower ? destination : source, sizeof(source));
	return 0;
}

static __always_inline int is_usable(const struct targets *targets, __be32 address)
{
	for (__u32 i = 0; i < MAX_TARGETS; i++) {
		if (i >= targets->count)
			break;
		if (targets->target[i].address == address)
			return targets->target[i].healthy && targets->target[i].registered;
	}
	return 0;
}

static __always_inline __u64 idle_limit(const struct balancer *settings, __u8 protocol)
{
	return protocol == PROTOCOL_TCP ? settings->tcp_idle_nanoseconds : settings->other_idle_nanoseconds;
}

struct encapsulation {
	struct ipv4 ip;
	struct udp udp;
	struct geneve geneve;
	struct geneve_option endpoint_option;
	__be64 endpoint;
	struct geneve_option attachment_option;
	__be64 attachment;
	struct geneve_option cookie_option;
	__be32 cookie;
} __attribute__((packed));
_Static_assert(sizeof(struct encapsulation) == ENCAPSULATION_LENGTH, "68 bytes");

static __always_inline void fill_geneve(struct encapsulation *header, const struct endpoint *endpoint, __u32 cookie,
					__u8 family)
{
	const __be16 class = bpf_htons(AWS_OPTION_CLASS);

	header->geneve.version_length = OPTIONS_LENGTH / 4;
	header->geneve.protocol_type = bpf_htons(family == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
	header->endpoint_option = (struct geneve_option){ class, OPTION_ENDPOINT, sizeof(__be64) / 4 };
	header->endpoint = bpf_cpu_to_be64(endpoint->id);
	header->attachment_option = (struct geneve_option){ class, OPTION_ATTACHMENT, sizeof(__be64) / 4 };
	header->attachment = bpf_cpu_to_be64(endpoint->attachment);
	header->cookie_option = (struct geneve_option){ class, OPTION_FLOW_COOKIE, sizeof(__be32) / 4 };
	header->cookie = bpf_htonl(cookie);
}

static __always_inline int is_same_geneve(const struct encapsulation *a, const struct encapsulation *b)
{
	const __u32 *left = (const void *)&a->geneve, *right = (const void *)&b->geneve;
	__u32 difference = 0;

#pragma unroll
	for (unsigned int i = 0; i < (sizeof(struct geneve) + OPTIONS_LENGTH) / 4; i++)
		difference |= left[i] ^ right[i];
	return !difference;
}

static __always_inline __u16 header_checksum(const struct ipv4 *ip)
{
	const __u16 *words = (const void *)ip;
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

SEC("tc")
int from_vpc(struct __sk_buff *skb)
{
	__u32 interface = skb->ifindex, zero = 0;
	struct endpoint *endpoint = bpf_map_lookup_elem(&endpoints, &interface);
	struct balancer *settings = bpf_map_lookup_elem(&balancer, &zero);
	__u64 now = bpf_ktime_get_ns();
	struct encapsulation header = {};
	struct targets *targets;
	struct facts facts;
	struct flow *flow;
	__be16 type;

	if (!endpoint || !settings)
		return TC_ACT_OK;
	if (skb->protocol != bpf_htons(ETHERTYPE_IPV4) && skb->protocol != bpf_htons(ETHERTYPE_IPV6))
		return TC_ACT_OK;
	if (read_facts(skb, sizeof(struct ethernet), interface, settings->stickiness, &facts))
		return refuse(skb, REFUSED_NOT_IP);
	if (facts.length > MAX_INNER)
		return refuse(skb, REFUSED_TOO_BIG);
	targets = bpf_map_lookup_elem(&zones, &endpoint->zone);
	if (!targets)
		return refuse(skb, REFUSED_NO_TARGET);

	flow = bpf_map_lookup_elem(&flows, &facts.key);
	/* Signed: a packet on another processor may have been seen after `now`. */
	if (flow && (__s64)(now - flow->last_seen) > (__s64)idle_limit(settings, facts.key.protocol))
		flow = 0;
	if (flow && settings->rebalance && !is_usable(targets, flow->target)) {
		__be32 address = choose(targets, hash(&facts.key));

		if (address)
			flow->target = address;
	}
	if (!flow) {
		struct flow fresh = { .last_seen = now };

		if (facts.key.protocol == PROTOCOL_TCP && settings->stickiness == FIVE_TUPLE && !facts.syn)
			return refuse(skb, REFUSED_NO_FLOW);
		fresh.target = choose(targets, hash(&facts.key));
		if (!fresh.target)
			return refuse(skb, REFUSED_NO_TARGET);
		fresh.cookie = bpf_get_prandom_u32();
		fresh.source_port = bpf_htons(FIRST_SOURCE_PORT + hash(&facts.key) % SOURCE_PORTS);
		bpf_map_update_elem(&flows, &facts.key, &fresh, BPF_ANY);
		flow = bpf_map_lookup_elem(&flows, &facts.key);
		if (!flow)
			return refuse(skb, REFUSED_KERNEL);
	}
	flow->last_seen = now;
	__sync_fetch_and_add(&flow->packets_out, 1);

	/* Before anything else looks at the length: the frame may carry Ethernet padding. */
	if (bpf_skb_change_tail(skb, sizeof(struct ethernet) + facts.length, 0))
		return refuse(skb, REFUSED_KERNEL);
	if (bpf_skb_adjust_room(skb, ENCAPSULATION_LENGTH, BPF_ADJ_ROOM_MAC,
				BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP))
		return refuse(skb, REFUSED_KERNEL);
	header.ip.version_length = 0x45;
	header.ip.total_length = bpf_htons(ENCAPSULATION_LENGTH + facts.length);
	header.ip.fragment = bpf_htons(IPV4_DONT_FRAGMENT);
	header.ip.ttl = 255;
	header.ip.protocol = PROTOCOL_UDP;
	header.ip.source = endpoint->balancer_address;
	header.ip.destination = flow->target;
	header.ip.checksum = header_checksum(&header.ip);
	header.udp.source = flow->source_port;
	header.udp.destination = bpf_htons(GENEVE_PORT);
	header.udp.length = bpf_htons(ENCAPSULATION_LENGTH - sizeof(struct ipv4) + facts.length);
	fill_geneve(&header, endpoint, flow->cookie, facts.key.family);
	if (bpf_skb_store_bytes(skb, sizeof(struct ethernet), &header, sizeof(header), 0))
		return refuse(skb, REFUSED_KERNEL);
	type = bpf_htons(ETHERTYPE_IPV4);
	if (bpf_skb_store_bytes(skb, 12, &type, sizeof(type), 0))
		return refuse(skb, REFUSED_KERNEL);
	return bpf_redirect_neigh(endpoint->balancer_interface, 0, 0, 0);
}

/* The endpoint whose id the packet carries: there are few, so each is asked. */
struct search {
	__u64 id;
	__u32 interface;
};

static long ask_endpoint(void *map, const void *key, void *value, void *context)
{
	struct search *search = context;
	struct endpoint *endpoint = value;

	(void)map;
	if (endpoint->id != search->id)
		return 0;
	search->interface = *(const __u32 *)key;
	return 1;
}

SEC("tc")
int from_target(struct __sk_buff *skb)
{
	struct balancer *settings;
	struct encapsulation got, sent = {};
	struct ethernet ethernet = {};
	struct endpoint *endpoint;
	struct search search = {};
	struct facts facts;
	struct flow *flow;
	__u32 zero = 0;

	if (skb->protocol != bpf_htons(ETHERTYPE_IPV4))
		return TC_ACT_OK;
	if (bpf_skb_load_bytes(skb, sizeof(struct ethernet), &got, sizeof(struct ipv4) + sizeof(struct udp)))
		return TC_ACT_OK;
	if (got.ip.protocol != PROTOCOL_UDP)
		return TC_ACT_OK;
	if (got.ip.version_length != 0x45)
		return refuse(skb, REFUSED_OUTER);
	if (got.udp.destination != bpf_htons(GENEVE_PORT) && got.udp.source != bpf_htons(GENEVE_PORT))
		return TC_ACT_OK;
	/* Ports swapped: the commonest mistake of an appliance. */
	if (got.udp.destination != bpf_htons(GENEVE_PORT))
		return refuse(skb, REFUSED_SOURCE_PORT);
	if (bpf_skb_load_bytes(skb, sizeof(struct ethernet), &got, sizeof(got)))
		return refuse(skb, REFUSED_GENEVE);

	search.id = bpf_be64_to_cpu(got.endpoint);
	bpf_for_each_map_elem(&endpoints, ask_endpoint, &search, 0);
	endpoint = bpf_map_lookup_elem(&endpoints, &search.interface);
	settings = bpf_map_lookup_elem(&balancer, &zero);
	if (!endpoint || !settings)
		return refuse(skb, REFUSED_GENEVE);
	if (got.ip.destination != endpoint->balancer_address || header_checksum(&got.ip))
		return refuse(skb, REFUSED_OUTER);
	if (read_facts(skb, sizeof(struct ethernet) + sizeof(got), search.interface, settings->stickiness, &facts))
		return refuse(skb, REFUSED_NOT_IP);
	if (bpf_ntohs(got.ip.total_length) != ENCAPSULATION_LENGTH + facts.length)
		return refuse(skb, REFUSED_OUTER);
	flow = bpf_map_lookup_elem(&flows, &facts.key);
	if (!flow)
		return refuse(skb, REFUSED_UNKNOWN_FLOW);
	if (got.cookie != bpf_htonl(flow->cookie))
		return refuse(skb, REFUSED_COOKIE);
	fill_geneve(&sent, endpoint, flow->cookie, facts.key.family);
	if (!is_same_geneve(&got, &sent))
		return refuse(skb, REFUSED_GENEVE);
	if (got.ip.source != flow->target)
		return refuse(skb, REFUSED_TARGET);
	if (got.udp.source != flow->source_port)
		return refuse(skb, REFUSED_SOURCE_PORT);
	flow->last_seen = bpf_ktime_get_ns();
	__sync_fetch_and_add(&flow->packets_back, 1);

	if (bpf_skb_adjust_room(skb, -(int)ENCAPSULATION_LENGTH, BPF_ADJ_ROOM_MAC,
				facts.key.family == 6 ? DECAP_L3_IPV6 : 0))
		return refuse(skb, REFUSED_KERNEL);
	__builtin_memcpy(ethernet.destination, endpoint->router_mac, sizeof(ethernet.destination));
	__builtin_memcpy(ethernet.source, endpoint->mac, sizeof(ethernet.source));
	ethernet.type = bpf_htons(facts.key.family == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
	if (bpf_skb_store_bytes(skb, 0, &ethernet, sizeof(ethernet), 0))
		return refuse(skb, REFUSED_KERNEL);
	return bpf_redirect(search.interface, 0);
}

char _license[] SEC("license") = "GPL";

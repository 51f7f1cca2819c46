/* SPDX-License-Identifier: MIT */
#pragma once
/* The rules' verdict on a packet; src/rules/evaluate.ts says what it must be. */

#include "rule_table.h"

#define FORWARD (-1)
#define NO_MATCH MAX_RULES

/* One row for each dimension. */
struct row_numbers {
	__u32 row[DIMENSIONS];
};

/* 1 when a < b. Without a branch: the verifier then sees one path through a node, not one for each key. */
static __always_inline __u64 is_less(__u64 a, __u64 b)
{
	return ((~a & b) | (~(a ^ b) & (a - b))) >> 63;
}

/* Global functions are verified once, however many programs and paths call them. */
__attribute__((noinline)) __u32 ipv4_row(__u32 slot, __u32 address)
{
	void *nodes = bpf_map_lookup_elem(&rule_ipv4, &slot);
	__u32 row = 0, at = 0;

	if (!nodes)
		return 0;
	for (int level = 0; level < MAX_LEVELS; level++) {
		struct ipv4_node *node = bpf_map_lookup_elem(nodes, &at);
		__u64 reached = 0; /* how many starts are not above the address */

		if (!node)
			break;
#pragma unroll
		for (int i = 0; i < NODE_KEYS; i++) {
			__u64 difference = (__u64)address - node->first[i];

			asm volatile("" : "+r"(difference)); /* or clang makes a comparison of it, and a branch */
			reached += 1 - (difference >> 63);
		}
		if (reached)
			row = node->row[(reached - 1) & (NODE_KEYS - 1)];
		at = at * (NODE_KEYS + 1) + reached + 1;
	}
	return row;
}

/* 1 when start i of a node is not above the address. */
static __always_inline __u64 is_reached(const struct ipv6_node *node, __u64 i, __u64 high, __u64 low)
{
	__u64 first_high, difference, same;

	asm volatile("" : "+r"(i)); /* or clang leaves out a mask that changes nothing, and Linux 6.1 sees no bounds */
	i &= NODE_KEYS - 1;
	first_high = node->first_high[i];
	difference = high ^ first_high;
	same = 1 - ((difference | -difference) >> 63);
	return 1 - (is_less(high, first_high) | (same & is_less(low, node->first_low[i])));
}

__attribute__((noinline)) __u32 ipv6_row(__u32 slot, __u64 high, __u64 low)
{
	void *nodes = bpf_map_lookup_elem(&rule_ipv6, &slot);
	__u32 row = 0, at = 0;

	if (!nodes)
		return 0;
	for (int level = 0; level < MAX_LEVELS; level++) {
		struct ipv6_node *node = bpf_map_lookup_elem(nodes, &at);
		__u64 reached = 0;

		if (!node)
			break;
		/* Comparing 128 bits is dear: by halves, 5 comparisons instead of 16. */
#pragma unroll
		for (int half = NODE_KEYS / 2; half; half >>= 1)
			reached += half * is_reached(node, reached + half - 1, high, low);
		reached += is_reached(node, reached, high, low);
		if (reached)
			row = node->row[(reached - 1) & (NODE_KEYS - 1)];
		at = at * (NODE_KEYS + 1) + reached + 1;
	}
	return row;
}

static __always_inline __u32 address_row(__u32 generation, __u32 side, const struct inner *inner, struct rule_classes *classes)
{
	const __be32 *address = side == SIDE_SOURCE ? inner->source : inner->destination;
	const __u32 slot = generation * SIDES + side;
	const __u32 only = inner->family == FAMILY_IPV4 ? classes->ipv4_only[side] : classes->ipv6_only[side];

	if (only != NO_ROW)
		return only;
	if (inner->family == FAMILY_IPV4)
		return ipv4_row(slot, bpf_ntohl(address[0]));
	return ipv6_row(slot, (__u64)bpf_ntohl(address[0]) << 32 | bpf_ntohl(address[1]),
			(__u64)bpf_ntohl(address[2]) << 32 | bpf_ntohl(address[3]));
}

static __always_inline __u32 port_row(__u32 generation, __u32 side, const struct inner *inner, struct rule_classes *classes)
{
	struct port_rows *rows;
	void *ports;

	if (inner->upper == UPPER_UNKNOWN)
		return classes->port_unknown[side];
	if (inner->upper != UPPER_PORTS)
		return classes->port_absent[side];
	if (classes->port_only[side] != NO_ROW)
		return classes->port_only[side];
	ports = bpf_map_lookup_elem(&rule_ports, &generation);
	if (!ports)
		return 0;
	rows = bpf_map_lookup_elem(ports, &side);
	if (!rows)
		return 0;
	return rows->row[side == SIDE_SOURCE ? inner->source_port : inner->destination_port];
}

static __always_inline __u32 icmp_row(const struct inner *inner, struct rule_classes *classes)
{
	if (inner->upper == UPPER_UNKNOWN)
		return classes->icmp_unknown;
	if (inner->upper != UPPER_ICMP)
		return classes->icmp_absent;
	return classes->icmp_type[inner->icmp_type];
}

static __always_inline __u32 endpoint_row(__u32 generation, const struct inner *inner, struct rule_classes *classes)
{
	const __u64 endpoint = inner->endpoint; /* Linux 6.1 takes no argument of a global function as a key. */
	void *endpoints;
	__u32 *row;

	if (!classes->endpoints)
		return classes->other_endpoint;
	endpoints = bpf_map_lookup_elem(&rule_endpoints, &generation);
	if (!endpoints)
		return 0;
	row = bpf_map_lookup_elem(endpoints, &endpoint);
	return row ? *row : classes->other_endpoint;
}

/* Position of the lowest bit of a word that is not zero: how many ones are below it. Without a branch. */
static __always_inline __u32 lowest_bit(__u64 word)
{
	__u64 ones = (word & -word) - 1;

	ones -= ones >> 1 & 0x5555555555555555ULL;
	ones = (ones & 0x3333333333333333ULL) + (ones >> 2 & 0x3333333333333333ULL);
	ones = (ones + (ones >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return ones * 0x0101010101010101ULL >> 56;
}

/* The first rule whose bit is set in every row; NO_MATCH when there is none. */
__attribute__((noinline)) __u32 first_match(struct row_numbers *numbers, __u32 generation)
{
	void *rows_map = bpf_map_lookup_elem(&rule_rows, &generation);
	void *chunks = bpf_map_lookup_elem(&rule_chunks, &generation);
	struct rule_row *rows[DIMENSIONS], *every;
	__u32 number = EVERY_RULE;
	__u64 candidates;

	if (!numbers || !rows_map || !chunks)
		return NO_MATCH;
	every = bpf_map_lookup_elem(rows_map, &number);
	if (!every)
		return NO_MATCH;
	candidates = every->set;
#pragma unroll
	for (int i = 0; i < DIMENSIONS; i++) {
		number = numbers->row[i];
		rows[i] = number == EVERY_RULE ? every : bpf_map_lookup_elem(rows_map, &number);
		if (!rows[i])
			return NO_MATCH;
		candidates &= rows[i]->set;
	}
	for (int i = 0; i < ROW_CHUNKS && candidates; i++, candidates &= candidates - 1) {
		const __u32 at = lowest_bit(candidates) & (ROW_CHUNKS - 1);
		struct rule_chunk *chunk[DIMENSIONS], *every_chunk;

		number = every->chunk[at];
		every_chunk = bpf_map_lookup_elem(chunks, &number);
		if (!every_chunk)
			return NO_MATCH;
#pragma unroll
		for (int j = 0; j < DIMENSIONS; j++) {
			number = rows[j]->chunk[at];
			chunk[j] = numbers->row[j] == EVERY_RULE ? every_chunk : bpf_map_lookup_elem(chunks, &number);
			if (!chunk[j])
				return NO_MATCH;
		}
#pragma clang loop unroll(disable)
		for (int word = 0; word < CHUNK_WORDS; word++) {
			__u64 all = ~0ULL;

#pragma unroll
			for (int j = 0; j < DIMENSIONS; j++)
				all &= chunk[j]->word[word];
			if (all)
				return at * CHUNK_BITS + word * 64 + lowest_bit(all);
		}
	}
	return NO_MATCH;
}

static __always_inline void count_hit(__u32 generation, __u32 rule, __u32 rules)
{
	void *hits = bpf_map_lookup_elem(&rule_hits, &generation);
	__u32 at = bpf_get_smp_processor_id() * (rules + 1) + rule;
	__u64 *hit;

	if (!hits)
		return;
	hit = bpf_map_lookup_elem(hits, &at);
	if (hit)
		++*hit;
}

/* Whether a rule can match, by all but the addresses. */
static __always_inline int is_any_left(const struct row_numbers *numbers)
{
	return numbers->row[2] != NO_RULE && numbers->row[3] != NO_RULE && numbers->row[4] != NO_RULE &&
	       numbers->row[5] != NO_RULE && numbers->row[6] != NO_RULE;
}

/* FORWARD, or why the packet is dropped. */
__attribute__((noinline)) int classify(struct inner *inner)
{
	void *classes_map;
	struct row_numbers numbers;
	struct rule_classes *classes;
	__u32 *loaded, generation, rule = NO_MATCH, zero = 0;

	if (!inner)
		return DROP_NO_RULES;
	loaded = bpf_map_lookup_elem(&rule_generation, &zero);
	if (!loaded || !*loaded)
		return DROP_NO_RULES;
	generation = *loaded - 1;
	classes_map = bpf_map_lookup_elem(&rule_classes, &generation);
	if (!classes_map)
		return DROP_NO_RULES;
	classes = bpf_map_lookup_elem(classes_map, &zero);
	if (!classes)
		return DROP_NO_RULES;

	/* A pass-through: nothing to look up. */
	if (!classes->rules) {
		count_hit(generation, 0, 0);
		return classes->default_drops ? DROP_DEFAULT_ACTION : FORWARD;
	}
	numbers.row[2] = port_row(generation, SIDE_SOURCE, inner, classes);
	numbers.row[3] = port_row(generation, SIDE_DESTINATION, inner, classes);
	numbers.row[4] = inner->protocol_unknown ? classes->protocol_unknown : classes->protocol[inner->protocol];
	numbers.row[5] = icmp_row(inner, classes);
	numbers.row[6] = endpoint_row(generation, inner, classes);
	/* Addresses cost more than the rest together, and few packets have the port and the protocol of a rule. */
	if (is_any_left(&numbers)) {
		numbers.row[0] = address_row(generation, SIDE_SOURCE, inner, classes);
		numbers.row[1] = address_row(generation, SIDE_DESTINATION, inner, classes);
		rule = first_match(&numbers, generation);
	}
	if (rule >= classes->rules) {
		count_hit(generation, classes->rules, classes->rules);
		return classes->default_drops ? DROP_DEFAULT_ACTION : FORWARD;
	}
	count_hit(generation, rule, classes->rules);
	return classes->drops[(rule / 64) & (MAX_RULES / 64 - 1)] >> (rule % 64) & 1 ? DROP_RULE : FORWARD;
}

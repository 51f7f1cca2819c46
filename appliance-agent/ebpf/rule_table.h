/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * First match among up to 65,536 rules at a cost that hardly depends on their number.
 *
 * Each of seven dimensions of a packet leads to one row: the set of rules whose condition in that dimension holds. A row
 * is 64 chunks of 1,024 bits, equal chunks stored once. The first bit that is set in all seven rows is the first rule that
 * matches. (Lakshman and Stiliadis, "High-speed policy-based packet forwarding", SIGCOMM 1998.)
 *
 * Two generations exist while a list is replaced; rule_generation names the one that packets use. A packet reads it once,
 * so that it sees one list. The agent waits for the packets under way before it touches the generation that they may use.
 *
 * Compiled by src/rules/rule-table.ts, written by src/datapath/rule-maps.ts.
 */

#include "inner.h"

#define MAX_RULES 65536
#define CHUNK_BITS 1024
#define CHUNK_WORDS (CHUNK_BITS / 64)
#define ROW_CHUNKS (MAX_RULES / CHUNK_BITS)
#define NODE_KEYS 16
#define MAX_LEVELS 6 /* 17^6 - 1 interval starts, 24 million */
#define DIMENSIONS 7
#define GENERATIONS 2
#define NO_RULE 0 /* the number of the row without any */
#define EVERY_RULE 1 /* the number of the row of all rules: of most dimensions in most lists, and looked up once for all */
#define NO_ROW 0xffffffff

enum side {
	SIDE_SOURCE,
	SIDE_DESTINATION,
	SIDES,
};

/* The sets that do not depend on an address or a port; numbers of rows. */
struct rule_classes {
	__u8 id[32]; /* digest of the list, for the agent */
	__u32 rules;
	__u32 default_drops;
	__u32 port_absent[SIDES];
	__u32 port_unknown[SIDES];
	__u32 icmp_absent;
	__u32 icmp_unknown;
	__u32 protocol_unknown;
	__u32 other_endpoint;
	__u32 endpoints; /* that rules name */
	__u32 ipv4_only[SIDES]; /* the row of every address, when there is but one; or NO_ROW */
	__u32 ipv6_only[SIDES];
	__u32 port_only[SIDES];
	__u32 zero;
	__u32 protocol[256];
	__u32 icmp_type[256];
	__u64 drops[MAX_RULES / 64]; /* bit of a rule: its action is drop */
};
_Static_assert(sizeof(struct rule_classes) == 10344, "src/datapath/rule-encoding.ts");

/* Starts of intervals, a search tree with 17 children a node and no pointers: child i of node n is 17 n + i + 1. */
struct ipv4_node {
	__u32 first[NODE_KEYS]; /* host order */
	__u32 row[NODE_KEYS];
};
_Static_assert(sizeof(struct ipv4_node) == 128, "src/datapath/rule-encoding.ts");

struct ipv6_node {
	__u64 first_high[NODE_KEYS]; /* host order */
	__u64 first_low[NODE_KEYS];
	__u32 row[NODE_KEYS];
};
_Static_assert(sizeof(struct ipv6_node) == 320, "src/datapath/rule-encoding.ts");

struct port_rows {
	__u32 row[65536];
};

struct rule_row {
	__u64 set; /* bit of a chunk: it is not empty */
	__u32 chunk[ROW_CHUNKS];
};
_Static_assert(sizeof(struct rule_row) == 264, "src/datapath/rule-encoding.ts");

struct rule_chunk {
	__u64 word[CHUNK_WORDS];
};

struct rule_name {
	char text[64];
};

/* Sizes instead of types: clang 14 leaves the types that only an inner map names out of the BTF. */
#define INNER_ARRAY(name, value_type)                  \
	struct name {                                  \
		__uint(type, BPF_MAP_TYPE_ARRAY);      \
		__uint(max_entries, 1);                \
		__uint(map_flags, BPF_F_INNER_MAP);    \
		__uint(key_size, sizeof(__u32));       \
		__uint(value_size, sizeof(value_type)); \
	}

#define GENERATION_MAP(name, entries, inner)           \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); \
		__uint(max_entries, entries);          \
		__type(key, __u32);                    \
		__array(values, inner);                \
	} name SEC(".maps")

INNER_ARRAY(rule_classes_map, struct rule_classes);
INNER_ARRAY(ipv4_nodes_map, struct ipv4_node);
INNER_ARRAY(ipv6_nodes_map, struct ipv6_node);
INNER_ARRAY(port_rows_map, struct port_rows);
INNER_ARRAY(rule_rows_map, struct rule_row);
INNER_ARRAY(rule_chunks_map, struct rule_chunk);
INNER_ARRAY(rule_hits_map, __u64);
INNER_ARRAY(rule_names_map, struct rule_name);
struct rule_endpoints_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u64));
	__uint(value_size, sizeof(__u32));
};

GENERATION_MAP(rule_classes, GENERATIONS, struct rule_classes_map);
GENERATION_MAP(rule_ipv4, GENERATIONS * SIDES, struct ipv4_nodes_map);
GENERATION_MAP(rule_ipv6, GENERATIONS * SIDES, struct ipv6_nodes_map);
GENERATION_MAP(rule_ports, GENERATIONS, struct port_rows_map);
GENERATION_MAP(rule_endpoints, GENERATIONS, struct rule_endpoints_map);
GENERATION_MAP(rule_rows, GENERATIONS, struct rule_rows_map);
GENERATION_MAP(rule_chunks, GENERATIONS, struct rule_chunks_map);
/* Counters of one CPU after the other, rules + 1 each: the last counts the default action. After them what earlier lists counted. */
GENERATION_MAP(rule_hits, GENERATIONS, struct rule_hits_map);
/* For the agent alone: whose counters these are. */
GENERATION_MAP(rule_names, GENERATIONS, struct rule_names_map);
/* For the agent alone: an update of a map of maps returns when no program runs any more that was running before. */
GENERATION_MAP(rule_barrier, 1, struct rule_hits_map);

#define NO_GENERATION GENERATIONS

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32); /* generation + 1; 0: no list was ever loaded */
} rule_generation SEC(".maps");

/* SPDX-License-Identifier: MIT */
#pragma once
/* What the agent tells the programs. Mirrored in src/datapath/settings.ts. */

#include "context.h"

struct settings {
	__u8 mac[6]; /* of the underlay interface */
	__u8 ipv6_decap_by_protocol_change; /* kernels before 6.3 have no BPF_F_ADJ_ROOM_DECAP_L3_IPV6 */
	__u8 attachment; /* for the agent: mode and hook */
	__u32 underlay; /* interface index */
	__u8 object[32]; /* for the agent: digest of the object whose program is attached */
};
_Static_assert(sizeof(struct settings) == 44, "src/datapath/settings.ts");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct settings);
} settings SEC(".maps");

/* GENEVE from elsewhere is dropped. */
struct source_cidr {
	__u32 prefix_length;
	__be32 address;
};
_Static_assert(sizeof(struct source_cidr) == 8, "src/datapath/source-cidrs.ts");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 128); /* 64 old ones and 64 new ones, while they are replaced */
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct source_cidr);
	__type(value, __u32);
} source_cidrs SEC(".maps");

static __always_inline struct settings *read_settings(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

static __always_inline int is_trusted(__be32 source)
{
	struct source_cidr key = { .prefix_length = 32, .address = source };

	return bpf_map_lookup_elem(&source_cidrs, &key) != 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Sends GENEVE packets of many flows (BPF_PROG_TEST_RUN with live frames) and counts those that come back, at tc or XDP.
 * One packet in 1024 that comes back is kept for the user program, which checks every byte of it.
 */

#include "traffic.h"
#include <linux/pkt_cls.h>

#define STEP 7919 /* prime: neighbours in time are not neighbours in any table */
#define KEEP_EVERY 1024
#define SAMPLES_FOR_EACH_CPU 64

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct traffic);
} traffic SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct template);
} templates SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sent);
} sent SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct returned);
} returned SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SAMPLES);
	__type(key, __u32);
	__type(value, struct sample);
} samples SEC(".maps");

static __always_inline int is_due(const struct traffic *what, struct sent *so_far)
{
	const __u64 now = bpf_ktime_get_ns();

	if (what->most && so_far->packets >= what->most)
		return 0;
	if (!so_far->first)
		so_far->first = now;
	if (so_far->packets * what->nanoseconds_for_256 > (now - so_far->first) << 8)
		return 0;
	so_far->last = now;
	return 1;
}

static __always_inline void write_flow(__u8 *frame, const struct traffic *what, __u32 flow)
{
	const __u32 hash = spread(flow);
	const __u32 source = 0x0a000000 | (flow & 0xffffff), destination = 0xac100000 | hash >> 12;
	__u32 sum = what->inner_sum + (source >> 16) + (source & 0xffff) + (destination >> 16) + (destination & 0xffff);

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	*(__u16 *)(frame + OUTER_PORTS_AT) = bpf_htons(0xc000 | hash >> 18);
	*(__u32 *)(frame + FLOW_COOKIE_AT) = bpf_htonl(hash);
	*(__u16 *)(frame + INNER_CHECKSUM_AT) = bpf_htons(~sum);
	*(__u32 *)(frame + INNER_SOURCE_AT) = bpf_htonl(source);
	*(__u32 *)(frame + INNER_DESTINATION_AT) = bpf_htonl(destination);
	*(__u16 *)(frame + INNER_PORTS_AT) = bpf_htons(1024 + (hash >> 17));
	*(__u32 *)(frame + FLOW_AT) = bpf_htonl(flow);
}

SEC("xdp")
int generate(struct xdp_md *context)
{
	__u8 *frame = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	__u32 zero = 0;
	struct traffic *what = bpf_map_lookup_elem(&traffic, &zero);
	struct template *template = bpf_map_lookup_elem(&templates, &zero);
	struct sent *so_far = bpf_map_lookup_elem(&sent, &zero);

	if (!what || !template || !so_far || !what->flows || frame + TEMPLATE_BYTES > end)
		return XDP_ABORTED;
	if (!is_due(what, so_far))
		return XDP_DROP;
	/* The page comes back from the last receiver as that left it. */
#pragma unroll
	for (int i = 0; i < TEMPLATE_BYTES / 8; i++)
		((__u64 *)frame)[i] = template->word[i];
	write_flow(frame, what, so_far->packets++ * STEP % what->flows);
	return bpf_redirect(what->device, 0);
}

static __always_inline int is_for_gwlb(const __u8 *frame, const struct traffic *what)
{
	return *(__u16 *)(frame + ETHERTYPE_AT) == bpf_htons(0x0800) && frame[OUTER_PROTOCOL_AT] == 17 &&
	       *(__u32 *)(frame + OUTER_DESTINATION_AT) == what->gwlb_address &&
	       *(__u16 *)(frame + OUTER_PORTS_AT + 2) == bpf_htons(GENEVE_PORT);
}

/* A sample to be filled in, or none. */
static __always_inline struct sample *count(struct returned *counts, const __u8 *frame, __u32 length)
{
	__u32 at;

	counts->packets++;
	counts->bytes += length;
	if (!counts->first && !*(__u32 *)(frame + FLOW_AT))
		counts->first = bpf_ktime_get_ns();
	if (counts->packets % KEEP_EVERY != 1)
		return 0;
	/* Each CPU has its own: no two write one. */
	at = bpf_get_smp_processor_id() * SAMPLES_FOR_EACH_CPU + counts->sampled++ % SAMPLES_FOR_EACH_CPU;
	at %= SAMPLES;
	return bpf_map_lookup_elem(&samples, &at);
}

#define KEEP(load_bytes, context, sample, bytes)                                        \
	({                                                                              \
		__u32 kept = (bytes) < SAMPLE_BYTES ? (bytes) : SAMPLE_BYTES;           \
                                                                                        \
		asm volatile("" : "+r"(kept)); /* or the verifier sees no bounds */     \
		(sample)->length = (bytes);                                             \
		if (kept == 0 || kept > SAMPLE_BYTES ||                                 \
		    load_bytes(context, 0, (sample)->packet, kept))                     \
			(sample)->length = 0;                                           \
	})

SEC("tc")
int count_tc(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct traffic *what = bpf_map_lookup_elem(&traffic, &zero);
	struct returned *counts = bpf_map_lookup_elem(&returned, &zero);
	struct sample *sample;
	__u8 *frame;

	if (!what || !counts)
		return TC_ACT_OK;
	if (bpf_skb_pull_data(skb, FLOW_AT + 4))
		return TC_ACT_OK;
	frame = (void *)(long)skb->data;
	if (frame + FLOW_AT + 4 > (__u8 *)(long)skb->data_end || !is_for_gwlb(frame, what)) {
		counts->others++;
		return TC_ACT_OK;
	}
	sample = count(counts, frame, skb->len);
	if (sample)
		KEEP(bpf_skb_load_bytes, skb, sample, skb->len);
	return TC_ACT_SHOT;
}

SEC("xdp")
int count_xdp(struct xdp_md *context)
{
	__u8 *frame = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	__u32 zero = 0, length = end - frame;
	struct traffic *what = bpf_map_lookup_elem(&traffic, &zero);
	struct returned *counts = bpf_map_lookup_elem(&returned, &zero);
	struct sample *sample;

	if (!what || !counts)
		return XDP_PASS;
	if (frame + FLOW_AT + 4 > end || !is_for_gwlb(frame, what)) {
		counts->others++;
		return XDP_PASS;
	}
	sample = count(counts, frame, length);
	if (sample)
		KEEP(bpf_xdp_load_bytes, context, sample, length);
	return XDP_DROP;
}

char _license[] SEC("license") = "Dual MIT/GPL";

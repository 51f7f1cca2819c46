/* SPDX-License-Identifier: MIT */
#pragma once
/* Where an endpoint is in an array: by a number of few bits, which others share. */

#include "wire.h"

#define ENDPOINT_SLOT_BITS 8
#define ENDPOINT_SLOTS (1 << ENDPOINT_SLOT_BITS)

/* Fibonacci hashing: the high bits of the product with 2^64 divided by the golden ratio. */
static __always_inline __u32 endpoint_slot(__u64 endpoint)
{
	return endpoint * 0x9e3779b97f4a7c15ULL >> (64 - ENDPOINT_SLOT_BITS);
}

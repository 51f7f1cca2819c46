/** One endpoint's devices, and its number among the endpoints of this appliance. */
export interface EndpointSlot {
  /** `gwi-X`. */
  readonly ingress: string;
  /** `gwo-X`. */
  readonly egress: string;
  /** 1 to {@link MAX_SLOT}: the endpoint's routing table and mark; it must stay while the endpoint does. */
  readonly slot: number;
}

/** Bits of a packet's and a connection's mark that are ours; the lower ones stay for others. */
export const MARK_MASK = 0xffff_0000;

/** Slots that the mark has room for. */
export const MAX_SLOT = 0xffff;

/** The mark of packets and connections of an endpoint, within {@link MARK_MASK}. */
export function endpointMark({ slot }: Pick<EndpointSlot, "slot">): number {
  return slot * 0x1_0000;
}

/**
 * A slot for every endpoint: those that have one keep it, the others get the lowest that is free.
 *
 * @param taken slots by the ingress devices of endpoints, some of which may be gone
 * @param ingresses `gwi-X` of every endpoint
 * @returns slots of exactly `ingresses`
 * @throws RangeError when there are more endpoints than slots
 */
export function assignSlots(taken: ReadonlyMap<string, number>, ingresses: readonly string[]): Map<string, number> {
  const kept = new Map(ingresses.flatMap((ingress) => slotOf(taken, ingress)));
  const used = new Set(kept.values());
  let next = 1;
  for (const ingress of ingresses) {
    if (kept.has(ingress)) continue;
    while (used.has(next)) next++;
    if (next > MAX_SLOT) {
      throw new RangeError(`endpoint slots: all taken, got ${ingresses.length} endpoints; at most ${MAX_SLOT}`);
    }
    used.add(next);
    kept.set(ingress, next);
  }
  return kept;
}

function slotOf(taken: ReadonlyMap<string, number>, ingress: string): [string, number][] {
  const slot = taken.get(ingress);
  return slot === undefined ? [] : [[ingress, slot]];
}

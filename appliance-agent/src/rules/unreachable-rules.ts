import { Space, meet, spacesOf, subtract } from "./packet-space";
import { Rule } from "./rule";

/** A rule that never decides, and the earlier ones that decide first. */
export interface UnreachableRule {
  /** Index in the list. */
  readonly rule: number;
  /** Indexes of earlier rules that together match all that it matches, in their order. */
  readonly coveredBy: readonly number[];
}

/** Rules from the start of a list that are looked at: the time grows with their square. */
const MAX_EXAMINED = 2_000;

/** Pieces of one rule's packets that are kept apart while earlier rules are taken away; beyond it, nothing is claimed. */
const MAX_PIECES = 256;

/**
 * Rules that never decide about any packet, because earlier rules match everything that they match.
 *
 * Sound: what is named decides about no packet, later fragments included. Complete, unions of earlier rules included,
 * up to {@link MAX_PIECES} pieces and {@link MAX_EXAMINED} rules.
 */
export function unreachableRules(rules: readonly Rule[]): UnreachableRule[] {
  const spaces = rules.slice(0, MAX_EXAMINED).map(spacesOf);
  return spaces.flatMap((space, rule) => {
    const coveredBy = coverOf(space, spaces.slice(0, rule));
    return coveredBy ? [{ rule, coveredBy }] : [];
  });
}

/** Indexes of those of `earlier` that take something away, when they together take away everything; else undefined. */
function coverOf(space: readonly Space[], earlier: readonly (readonly Space[])[]): number[] | undefined {
  let rest = space;
  const coveredBy: number[] = [];
  for (const [index, taken] of earlier.entries()) {
    if (!rest.some((piece) => taken.some((it) => meet(piece, it)))) continue;
    coveredBy.push(index);
    rest = taken.reduce<readonly Space[]>((pieces, it) => pieces.flatMap((piece) => subtract(piece, it)), rest);
    if (rest.length === 0) return coveredBy;
    if (rest.length > MAX_PIECES) return undefined;
  }
  return undefined;
}

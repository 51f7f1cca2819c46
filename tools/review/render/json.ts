import { Review } from "../review";

/** The review as JSON: walks, findings and cost, with addresses as text. */
export function renderJson(review: Review): string {
  const { name, hasInspection, findings, suppressed, cost, notes, topology } = review;
  const walks = review.walks.map(({ title, from, to, direction, family, judged }) => ({
    title,
    from,
    to,
    direction,
    family,
    ...judged,
  }));
  const content = {
    version: 1,
    name,
    source: topology.source,
    hasInspection,
    walks,
    findings,
    suppressed,
    cost,
    notes,
  };
  return `${JSON.stringify(content, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value), 2)}\n`;
}

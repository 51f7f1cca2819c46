import { Topology } from "../topology/topology";
import { Check, Finding, ReviewedWalk, Severity } from "./check";
import { CHECKS } from "./checks";
import { Cost, costOf } from "./cost/cost-of";
import { Prices } from "./cost/prices";
import { gatewayLoadBalancerEndpoints } from "./inspected-paths";
import { Suppression, suppressionOf } from "./suppression";
import { walksToReview } from "./walks-to-review";

/** Everything that a report shows. */
export interface Review {
  /** What was reviewed: a directory, file or stack as the user named it. */
  readonly name: string;
  readonly topology: Topology;
  /** False when there is no Gateway Load Balancer endpoint: nothing to walk. */
  readonly hasInspection: boolean;
  readonly walks: readonly ReviewedWalk[];
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Finding[];
  /** Suppressions that matched nothing. */
  readonly unusedSuppressions: readonly Suppression[];
  readonly cost: Cost;
  /** Values that were assumed to make the plan, and what could not be read. */
  readonly notes: readonly string[];
}

/** What a review needs besides the topology. */
export interface ReviewOptions {
  readonly name: string;
  readonly prices: Prices;
  readonly suppressions?: readonly Suppression[];
  readonly notes?: readonly string[];
  /** @default - every check */
  readonly checks?: readonly Check[];
}

const NO_WALKS: ReturnType<typeof walksToReview> = { walks: [], alternatives: [], omitted: [] };

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Walks the topology, asks every check, and adds up what it costs. */
export function review(topology: Topology, options: ReviewOptions): Review {
  const hasInspection = gatewayLoadBalancerEndpoints(topology).length > 0;
  const { walks, alternatives, omitted } = hasInspection ? walksToReview(topology) : NO_WALKS;
  const shown = [...walks, ...alternatives];
  const checks = options.checks ?? CHECKS;
  const skipped = checks.filter((check) => check.judgesAbsence === true && topology.hidden.length > 0);
  const all = checks
    .filter((check) => !skipped.includes(check))
    .flatMap((check) => discoveries(check, { topology, walks, shown }))
    .sort((one, other) => RANK[one.severity] - RANK[other.severity]);
  const suppressions = options.suppressions ?? [];
  const judged = all.map((finding) => ({ finding, suppression: suppressionOf(finding, suppressions) }));
  return {
    name: options.name,
    topology,
    hasInspection,
    walks: shown,
    findings: judged.filter((one) => !one.suppression).map((one) => one.finding),
    suppressed: judged.flatMap(({ finding, suppression }) =>
      suppression ? [{ ...finding, suppressed: suppression.reason }] : [],
    ),
    unusedSuppressions: suppressions.filter((one) => !judged.some((other) => other.suppression === one)),
    cost: costOf(topology, options.prices),
    notes: [
      ...(skipped.length > 0
        ? [`not checked, because parts of the network may be hidden: ${skipped.map((check) => check.id).join(", ")}`]
        : []),
      ...omitted,
      ...(options.notes ?? []),
      ...topology.notes,
    ],
  };
}

function discoveries(check: Check, subject: Parameters<Check["find"]>[0]): readonly Finding[] {
  const { id, severity, title, why, fix, source } = check;
  const found = check.find(subject);
  const distinct = found.filter(
    (one, i) => found.findIndex((other) => other.address === one.address && other.what === one.what) === i,
  );
  return distinct.map((discovery) => ({ ...discovery, check: id, severity, title, why, fix, source }));
}

/** Whether findings of this severity, or a worse one, are left. */
export function fails(reviewed: Review, on: Severity): boolean {
  return reviewed.findings.some((finding) => RANK[finding.severity] <= RANK[on]);
}

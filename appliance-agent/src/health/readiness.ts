/** One thing that must hold for the load balancer to send traffic here. */
export interface Condition {
  /** Stable, in kebab-case: `data-path`, `rules`, `sysctls`, `devices`, `tcp-check:<name>`, `draining`. */
  readonly name: string;
  readonly ok: boolean;
  /** What was found, for a person; with the remedy when it is not ok. */
  readonly detail: string;
}

/** What `/readyz` answers. */
export interface Readiness {
  readonly ready: boolean;
  /** Names of the conditions that do not hold. */
  readonly failing: readonly string[];
  readonly conditions: readonly Condition[];
}

/** Ready when every condition holds, and there is at least one. */
export function readiness(conditions: readonly Condition[]): Readiness {
  const failing = conditions.filter(({ ok }) => !ok).map(({ name }) => name);
  return { ready: conditions.length > 0 && failing.length === 0, failing, conditions };
}

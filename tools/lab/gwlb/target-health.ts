/** How a target group checks its targets, in the words of AWS's API. Seconds and consecutive checks. */
export interface HealthCheck {
  readonly protocol: "TCP" | "HTTP";
  readonly port: number;
  /** HTTP only. */
  readonly path: string;
  /** HTTP only: status codes and ranges as `200,202` or `200-399`. */
  readonly matcher: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** A target as its health checks have shown it. */
export interface TargetHealth {
  readonly state: "initial" | "healthy" | "unhealthy";
  /** Consecutive checks of one result: passed are positive, failed negative. */
  readonly streak: number;
}

/** A target before its first check. */
export const INITIAL: TargetHealth = { state: "initial", streak: 0 };

/**
 * The state after one more check: thresholds are consecutive results.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/health-checks.html
 */
export function afterCheck(health: TargetHealth, passed: boolean, check: HealthCheck): TargetHealth {
  const streak = passed ? Math.max(health.streak, 0) + 1 : Math.min(health.streak, 0) - 1;
  if (streak >= check.healthyThreshold) return { state: "healthy", streak };
  if (-streak >= check.unhealthyThreshold) return { state: "unhealthy", streak };
  return { state: health.state, streak };
}

/** Whether an HTTP status passes a matcher such as `200-399` or `200,204`. */
export function matchesStatus(matcher: string, status: number): boolean {
  return matcher.split(",").some((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return first !== undefined && last !== undefined && status >= first && status <= last;
  });
}

import { Token } from "cdktf";
import { DEFAULT_TCP_IDLE_TIMEOUT_SECONDS } from "../../appliance-agent/src/rules/presets/appliance-input";

/** Settings of a Gateway Load Balancer that AWS limits; all of them have a value. */
export interface LimitedSettings {
  readonly tcpIdleTimeoutSeconds: number;
  readonly healthCheckPort: number;
  readonly healthCheckIntervalSeconds: number;
  readonly healthCheckTimeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly stickiness: string;
}

/**
 * Whole numbers that AWS accepts, least and most.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/health-checks.html
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/update-idle-timeout.html
 */
const RANGES = {
  tcpIdleTimeoutSeconds: [60, 6000],
  healthCheckPort: [1, 65535],
  healthCheckIntervalSeconds: [5, 300],
  healthCheckTimeoutSeconds: [2, 120],
  healthyThreshold: [2, 10],
  unhealthyThreshold: [2, 10],
} as const;

/** @throws Error when AWS would refuse a setting, or two of them together */
export function requireLoadBalancerLimits(where: string, settings: LimitedSettings): void {
  for (const name of Object.keys(RANGES) as (keyof typeof RANGES)[]) {
    const [least, most] = RANGES[name];
    const value = settings[name];
    if (Token.isUnresolved(value)) continue;
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    throw new Error(
      `${where}: ${name} must be a whole number from ${String(least)} to ${String(most)}, got ${String(value)}; ` +
        "choose one in that range",
    );
  }
  const { healthCheckTimeoutSeconds, healthCheckIntervalSeconds, stickiness, tcpIdleTimeoutSeconds } = settings;
  if (healthCheckTimeoutSeconds > healthCheckIntervalSeconds) {
    throw new Error(
      `${where}: healthCheckTimeoutSeconds must not exceed healthCheckIntervalSeconds, ` +
        `got ${String(healthCheckTimeoutSeconds)} and ${String(healthCheckIntervalSeconds)}; ` +
        "lower the timeout or raise the interval",
    );
  }
  if (stickiness !== "5-tuple" && tcpIdleTimeoutSeconds !== DEFAULT_TCP_IDLE_TIMEOUT_SECONDS) {
    throw new Error(
      `${where}: tcpIdleTimeoutSeconds can be set with stickiness 5-tuple only, got ${String(tcpIdleTimeoutSeconds)} ` +
        `with ${stickiness}; use 5-tuple, or leave tcpIdleTimeoutSeconds at ${String(DEFAULT_TCP_IDLE_TIMEOUT_SECONDS)}`,
    );
  }
}

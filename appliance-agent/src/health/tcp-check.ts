import { connect } from "node:net";
import type { Condition } from "./readiness";

/** An address that must accept a TCP connection for the appliance to be ready. */
export interface TcpCheck {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** Failures in a row after which a check fails: one lost SYN is not an outage. */
const FAILURES_TO_FAIL = 2;

/** Between two connections of one check. */
const INTERVAL_MS = 5000;

/** For a connection. */
const TIMEOUT_MS = 2000;

/** Checks that run by themselves; reading their conditions costs nothing. */
export interface RunningTcpChecks {
  conditions(): Condition[];
  stop(): void;
}

/**
 * Connects to each address again and again.
 *
 * @param intervalMs between two connections of one check @default 5000
 */
export function startTcpChecks(checks: readonly TcpCheck[], intervalMs = INTERVAL_MS): RunningTcpChecks {
  const running = checks.map((check) => runCheck(check, intervalMs));
  return {
    conditions: () => running.map(({ condition }) => condition()),
    stop: () => running.forEach(({ stop }) => stop()),
  };
}

function runCheck(check: TcpCheck, intervalMs: number) {
  const where = `${check.address} port ${check.port}`;
  const name = `tcp-check:${check.name}`;
  let condition: Condition = { name, ok: false, detail: `${where} has not been tried yet` };
  let failures = FAILURES_TO_FAIL - 1;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const attempt = async () => {
    const error = await tryConnect(check);
    failures = error === undefined ? 0 : failures + 1;
    if (error === undefined) condition = { name, ok: true, detail: `${where} accepts connections` };
    else if (failures >= FAILURES_TO_FAIL)
      condition = {
        name,
        ok: false,
        detail: `${where} failed ${failures} times, got ${error}; check that it runs and is reachable`,
      };
    if (!stopped) timer = setTimeout(() => void attempt(), intervalMs);
  };
  void attempt();
  return {
    condition: () => condition,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function tryConnect({ address, port }: TcpCheck): Promise<string | undefined> {
  return new Promise((done) => {
    const socket = connect({ host: address, port });
    const finish = (error?: string) => {
      socket.destroy();
      done(error);
    };
    socket.setTimeout(TIMEOUT_MS, () => finish(`no answer within ${TIMEOUT_MS} ms`));
    socket.once("connect", () => finish());
    // Reset is not refused: somebody accepted, and thought better of it before this process looked. So the bridge does to
    // whoever is no client.
    socket.once("error", ({ code, message }: NodeJS.ErrnoException) =>
      finish(code === "ECONNRESET" ? undefined : (code ?? message)),
    );
  });
}

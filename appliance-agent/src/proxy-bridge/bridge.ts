import { networkInterfaces } from "node:os";
import type { Server } from "node:net";
import type { AddressInfo } from "node:net";
import type { Metric } from "../health/metric";
import type { Condition } from "../health/readiness";
import type { Log } from "../log";
import type { BridgeConfiguration } from "./bridge-configuration";
import { BridgeContext } from "./bridge-context";
import { BridgeCounters } from "./bridge-counters";
import { ClientConnections } from "./client-connections";
import { applyHttpLimits, httpListener } from "./http-listener";
import { httpsListener } from "./https-listener";
import { plainAddress } from "./proxy-protocol";

/** Connections that the kernel holds while the bridge is busy (listen(2); net.core.somaxconn is 4096 since Linux 5.4). */
const BACKLOG = 4096;

/** How often draining looks whether the last connection has closed. */
const DRAIN_CHECK_MS = 50;

/** What takes effect only at the next start, because a port stands in squid.conf and in the appliance's rules too. */
const FIXED = ["listen", "squid", "health"] as const;

/** The two listeners in front of Squid. */
export class Bridge {
  private readonly connections = new ClientConnections();
  private readonly counters = new BridgeCounters();
  private readonly context: BridgeContext;
  private readonly http;
  private readonly https: Server;

  /** @param configuration in force until {@link apply} is given another */
  constructor(
    configuration: BridgeConfiguration,
    private readonly log: Log,
  ) {
    this.context = new BridgeContext(
      configuration,
      configuration.squid,
      this.connections,
      this.counters,
      log,
      ownAddresses(),
    );
    this.http = httpListener(this.context);
    this.https = httpsListener(this.context);
    this.apply(configuration);
  }

  /** @throws Error (EADDRINUSE, EACCES) when a port cannot be had */
  async listen(): Promise<void> {
    const { address, httpPort, httpsPort } = this.context.configuration.listen;
    await open(this.http, address, httpPort);
    await open(this.https, address, httpsPort);
    this.log.info({ address, ...this.ports }, "listening");
  }

  /** Ports that were given or, for 0, found. */
  get ports(): { httpPort: number; httpsPort: number } {
    return { httpPort: portOf(this.http), httpsPort: portOf(this.https) };
  }

  /** Takes another configuration: clients, limits and timeouts, for connections and requests to come. */
  apply(configuration: BridgeConfiguration): void {
    const before = this.context.configuration;
    for (const key of FIXED)
      if (JSON.stringify(before[key]) !== JSON.stringify(configuration[key]))
        this.log.warn({ key, inForce: before[key], configured: configuration[key] }, "takes effect at the next start");
    this.context.configuration = configuration;
    this.connections.limit({ clientCidrs: configuration.clientCidrs, ...configuration.limits });
    applyHttpLimits(this.http, configuration);
  }

  /** Whether connections are taken. */
  condition(): Condition {
    const ok = this.http.listening && this.https.listening && !this.context.draining;
    const detail = ok ? "both ports are open" : this.context.draining ? "draining" : "not listening yet";
    return { name: this.context.draining ? "draining" : "listeners", ok, detail };
  }

  /** What has been counted, and what is open now. */
  metrics(): Metric[] {
    return [
      ...this.counters.metrics(),
      gauge("bridge_open_connections", "Open client connections.", this.connections.size),
      gauge("bridge_clients", "Client addresses with an open connection.", this.connections.clientCount),
    ];
  }

  /** Counters, for what happens outside of the listeners. */
  get count(): BridgeCounters {
    return this.counters;
  }

  /**
   * Takes no more connections and waits for the open ones to end; what is left after the deadline is reset.
   *
   * @returns how many were reset
   */
  async drain(): Promise<number> {
    this.context.draining = true;
    const deadline = performance.now() + this.context.configuration.timeouts.drainSeconds * 1000;
    this.http.close();
    this.https.close();
    while (this.connections.size > 0 && performance.now() < deadline) {
      this.http.closeIdleConnections();
      await new Promise((later) => setTimeout(later, DRAIN_CHECK_MS));
    }
    const left = this.connections.size;
    this.connections.reset();
    this.log.info({ reset: left }, "drained");
    return left;
  }
}

function open(server: Server, host: string, port: number): Promise<void> {
  return new Promise((listening, fail) => {
    server.once("error", fail);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off("error", fail);
      listening();
    });
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo | null)?.port ?? 0;
}

function ownAddresses(): ReadonlySet<string> {
  const found = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(found.map(({ address }) => plainAddress(address)));
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, type: "gauge", help, samples: [{ value }] };
}

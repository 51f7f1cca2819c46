import { isIPv6, SocketAddress, type Socket } from "node:net";
import type { Log } from "../log";
import type { BridgeConfiguration } from "./bridge-configuration";
import type { BridgeCounters } from "./bridge-counters";
import type { ClientConnections } from "./client-connections";
import { plainAddress } from "./proxy-protocol";
import type { SquidAddress } from "./squid-connection";

/** Name of a listener, as metrics and logs have it. */
export type Listener = "http" | "https";

/** What the listeners share. */
export class BridgeContext {
  /** Set once the bridge takes no more connections: answers then end theirs. */
  draining = false;

  constructor(
    /** The newest valid one. */
    public configuration: BridgeConfiguration,
    readonly squid: SquidAddress,
    readonly connections: ClientConnections,
    readonly counters: BridgeCounters,
    readonly log: Log,
    /** Addresses of this host, as inet_ntop(3) writes them. */
    private readonly ownAddresses: ReadonlySet<string>,
  ) {}

  /** Whether a literal address, in whatever notation, is this host's own, or an IPv4 address in IPv6's disguise. */
  readonly isOwnAddress = (literal: string): boolean => {
    const { address } = new SocketAddress({ address: literal, family: isIPv6(literal) ? "ipv6" : "ipv4" });
    return this.ownAddresses.has(address) || /^(127\.|0\.|::1$|::$|::ffff:)/.test(address);
  };

  /** Counts a connection in, or resets it. */
  admit(listener: Listener, client: Socket): boolean {
    const reason = this.connections.admit(client);
    if (reason === undefined) {
      this.counters.add("connections", { listener });
      client.once("close", () => {
        this.counters.add("client_bytes", { listener, direction: "received" }, client.bytesWritten);
        this.counters.add("client_bytes", { listener, direction: "sent" }, client.bytesRead);
      });
      return true;
    }
    this.counters.add("refused", { listener, reason });
    /* An appliance's TCP check is not a client either, and comes every few seconds. */
    const level = reason === "not-a-client" ? "debug" : "warn";
    this.log[level]({ listener, client: plainAddress(client.remoteAddress), reason }, "refused");
    client.on("error", () => undefined /* it is over */).resetAndDestroy();
    return false;
  }

  /** Notes that Squid could not be asked. */
  squidFailed(listener: Listener, client: Socket, error: Error): void {
    this.counters.add("squid_errors");
    const { address, port } = this.squid;
    this.log.error(
      { listener, client: plainAddress(client.remoteAddress), squid: `${address} port ${port}`, error: error.message },
      "squid cannot be asked",
    );
  }
}

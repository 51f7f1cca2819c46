import { BlockList, isIPv6, type Socket } from "node:net";
import { plainAddress } from "./proxy-protocol";

/** Why a connection is not served. */
export type ConnectionRefusal = "not-a-client" | "too-many-connections" | "too-many-connections-of-client";

/** Who may connect, and how often at once. */
export interface ConnectionLimits {
  readonly clientCidrs: readonly string[];
  /** Open connections in all. */
  readonly connections: number;
  /** Open connections of one client address. */
  readonly connectionsPerClient: number;
}

/** The open connections of all listeners, counted by client. */
export class ClientConnections {
  private readonly open = new Set<Socket>();
  private readonly perClient = new Map<string, number>();
  private limits: ConnectionLimits | undefined;
  private clients = new BlockList();

  /** Takes other limits for connections to come; those that are open stay. */
  limit(limits: ConnectionLimits): void {
    this.limits = limits;
    this.clients = new BlockList();
    for (const cidr of limits.clientCidrs) {
      const [network = "", length] = cidr.split("/");
      this.clients.addSubnet(network, Number(length), isIPv6(network) ? "ipv6" : "ipv4");
    }
  }

  /** @returns why not; undefined when the connection is counted in, until it closes */
  admit(socket: Socket): ConnectionRefusal | undefined {
    const client = plainAddress(socket.remoteAddress);
    const ofClient = this.perClient.get(client) ?? 0;
    const { connections = 0, connectionsPerClient = 0 } = this.limits ?? {};
    if (client === "" || !this.clients.check(client, isIPv6(client) ? "ipv6" : "ipv4")) return "not-a-client";
    if (this.open.size >= connections) return "too-many-connections";
    if (ofClient >= connectionsPerClient) return "too-many-connections-of-client";
    this.open.add(socket);
    this.perClient.set(client, ofClient + 1);
    socket.once("close", () => {
      this.open.delete(socket);
      const left = (this.perClient.get(client) ?? 1) - 1;
      if (left > 0) this.perClient.set(client, left);
      else this.perClient.delete(client);
    });
    return undefined;
  }

  /** Open connections. */
  get size(): number {
    return this.open.size;
  }

  /** Clients with an open connection. */
  get clientCount(): number {
    return this.perClient.size;
  }

  /** Resets every open connection. */
  reset(): void {
    for (const socket of this.open) socket.resetAndDestroy();
  }
}

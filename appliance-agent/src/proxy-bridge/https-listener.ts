import { request, type IncomingMessage } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import type { BridgeContext } from "./bridge-context";
import { ClientHelloReader } from "./client-hello-reader";
import { plainAddress } from "./proxy-protocol";
import { relay } from "./relay";
import { parseServerName } from "./server-name";
import { connectToSquid, isReset, SQUID_ATTEMPTS } from "./squid-connection";
import { encodeFatalAlert, type TlsAlert } from "./tls-alert";

/** Where the bridge's clients wanted to go; Squid is asked for no other port. */
const HTTPS_PORT = 443;

/** A connection that got its alert is destroyed after this long, whether or not the client has closed it. */
const LINGER_MS = 1000;

/**
 * Takes the clients' HTTPS: reads the name in the ClientHello, decrypts nothing, and asks Squid for that name.
 *
 * Without a name there is no destination, since DNAT has put the bastion's address in place of the real one.
 */
export function httpsListener(context: BridgeContext): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (context.admit("https", client)) readClientHello(context, client);
  });
}

/** Nothing of it stays with the socket: a tunnel that lasts for hours would keep the reader's buffers. */
function readClientHello(context: BridgeContext, client: Socket): void {
  const { limits, timeouts } = context.configuration;
  const reader = new ClientHelloReader(limits.clientHelloBytes);
  const chunks: Buffer[] = [];
  const late = setTimeout(() => refuse(context, client, "client-hello-timeout"), timeouts.headerSeconds * 1000);
  const cancel = () => clearTimeout(late);
  const stop = () => {
    cancel();
    client.off("data", take).off("end", giveUp).off("close", cancel);
    client.pause();
  };
  const giveUp = () => {
    stop();
    client.destroy();
  };
  const take = (chunk: Buffer) => {
    chunks.push(chunk);
    const reading = reader.push(chunk);
    if (reading.kind === "incomplete") return;
    stop();
    if (reading.kind === "refused") return refuse(context, client, reading.reason);
    const { serverName, encryptedClientHello } = reading.clientHello;
    if (encryptedClientHello) context.counters.add("encrypted_client_hellos");
    if (serverName === undefined) return refuse(context, client, "no-server-name", "unrecognizedName");
    const name = parseServerName(serverName);
    if (name === undefined) return refuse(context, client, "invalid-server-name", "unrecognizedName");
    void openTunnel(context, client, name, Buffer.concat(chunks));
  };
  client.on("error", closeFollows).once("close", cancel);
  client.on("data", take).on("end", giveUp);
}

/** An "error" that nobody hears would end the process; "close" comes after it. */
function closeFollows(): void {
  return undefined;
}

/** Asks Squid for the name; what the client has sent so far follows once Squid agrees. */
async function openTunnel(context: BridgeContext, client: Socket, name: string, sent: Buffer): Promise<void> {
  const { timeouts, limits } = context.configuration;
  const deadline = AbortSignal.timeout(timeouts.connectSeconds * 1000);
  const askSquid = async (attempt = 1): Promise<TunnelAnswer> => {
    const upstream = await connectToSquid(context.squid, client, timeouts.connectSeconds * 1000);
    try {
      return await askForTunnel(upstream, client, `${name}:${HTTPS_PORT}`, limits.headerBytes, deadline);
    } catch (error) {
      if (!isReset(error) || attempt === SQUID_ATTEMPTS || client.destroyed) throw error;
      return askSquid(attempt + 1);
    }
  };
  try {
    const { upstream, status, head } = await askSquid();
    if (client.destroyed) return void upstream.destroy();
    if (status === 200) {
      context.counters.add("tunnels");
      if (head.length > 0) client.write(head);
      upstream.write(sent);
      return relay(client, upstream, timeouts.idleSeconds * 1000);
    }
    upstream.destroy();
    const denied = status === 403;
    refuse(context, client, denied ? "denied" : "squid-refused", denied ? "accessDenied" : "internalError", {
      name,
      status,
    });
  } catch (error) {
    if (client.destroyed) return;
    context.squidFailed("https", client, error as Error);
    refuse(context, client, deadline.aborted ? "squid-timeout" : "squid-unreachable", "internalError", { name });
  }
}

/** What Squid answered to CONNECT. */
interface TunnelAnswer {
  readonly upstream: Socket;
  readonly status: number;
  /** First bytes of the tunnel that came with the answer. */
  readonly head: Buffer;
}

/**
 * Sends CONNECT (RFC 9110 §9.3.6) and waits for its answer.
 *
 * @throws Error when there is no answer before `deadline`, or the client goes away
 */
function askForTunnel(
  upstream: Socket,
  client: Socket,
  authority: string,
  maxHeaderSize: number,
  deadline: AbortSignal,
): Promise<TunnelAnswer> {
  return new Promise((answered, fail) => {
    const giveUp = () => upstream.destroy(new Error("no answer to CONNECT in time, or the client went away"));
    const settle = () => {
      client.off("close", giveUp);
      deadline.removeEventListener("abort", giveUp);
    };
    client.once("close", giveUp);
    deadline.addEventListener("abort", giveUp);
    request({
      method: "CONNECT",
      path: authority,
      headers: ["Host", authority],
      createConnection: () => upstream,
      maxHeaderSize,
    })
      .once("error", (error) => {
        settle();
        fail(error);
      })
      .once("connect", (answer: IncomingMessage, _socket: unknown, head: Buffer) => {
        settle();
        answered({ upstream, status: answer.statusCode ?? 0, head });
      })
      .end();
  });
}

/** Closes with an alert, where the client speaks TLS and can be told why. */
function refuse(context: BridgeContext, client: Socket, reason: string, alert?: TlsAlert, fields: object = {}): void {
  if (client.destroyed) return;
  context.counters.add("refused", { listener: "https", reason });
  context.log.info({ listener: "https", client: plainAddress(client.remoteAddress), reason, ...fields }, "refused");
  if (alert === undefined) return void client.resetAndDestroy();
  client.end(encodeFatalAlert(alert));
  /* Unread bytes would turn the close into a reset, which may overtake the alert. */
  client.resume();
  const linger = setTimeout(() => client.destroy(), LINGER_MS);
  client.once("end", () => client.destroySoon()).once("close", () => clearTimeout(linger));
}

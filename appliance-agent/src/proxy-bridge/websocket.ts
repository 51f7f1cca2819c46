import { IncomingMessage, type Agent, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { BridgeContext } from "./bridge-context";
import { pairs } from "./end-to-end-headers";
import { ask, failed, LATE, sendBack } from "./forward-request";
import { relay } from "./relay";
import type { RequestTarget } from "./request-target";

/**
 * A request that Node's server takes for an upgrade only when it offers WebSocket and nothing else.
 *
 * Other offers (`h2c`) are ignored, as RFC 9110 §7.8 allows: the request is then one like any other. Node asks this
 * member once the header is complete; its own way would hand over the connection for every offer.
 */
export class UpgradableRequest extends IncomingMessage {
  declare private offered: boolean | null;

  get upgrade(): boolean | null {
    return this.offered && (this.method === "CONNECT" || this.offersWebSocket());
  }

  set upgrade(offered: boolean | null) {
    this.offered = offered;
  }

  /** RFC 6455 §4.1; a body would have to be read before the switch. */
  private offersWebSocket(): boolean {
    const { upgrade, "transfer-encoding": coding, "content-length": length } = this.headers;
    const body = coding !== undefined || Number(length ?? 0) !== 0;
    const possible = this.method === "GET" && this.httpVersion === "1.1"; /* RFC 9110 §7.8: not in HTTP/1.0 */
    return possible && upgrade?.toLowerCase() === "websocket" && !body;
  }
}

/**
 * Sends the offer on; when the origin agrees, copies bytes both ways, else sends its answer back and ends.
 *
 * @param response ends its connection when it is finished
 * @param head what the client has sent behind the offer
 */
export function forwardUpgrade(
  context: BridgeContext,
  agent: Agent,
  request: IncomingMessage,
  response: ServerResponse,
  head: Buffer,
  target: RequestTarget,
): void {
  const { timeouts } = context.configuration;
  const client = request.socket;
  const asked = ask(context, agent, request, response, target, ["Connection", "Upgrade", "Upgrade", "websocket"]);
  if (asked === undefined) return;
  const abandon = () => asked.destroy();
  client.once("close", abandon);
  asked.setTimeout(timeouts.connectSeconds * 1000, () => asked.destroy(new Error(LATE)));
  asked.once("error", (error) => failed(context, asked, request, response, error));
  asked.once("response", (answer) => sendBack(context, answer, request, response));
  asked.once("upgrade", (answer: IncomingMessage, upstream: Socket, upstreamHead: Buffer) => {
    client.off("close", abandon);
    response.detachSocket(client);
    asked.setTimeout(0);
    context.counters.add("upgrades");
    const headers = pairs(answer.rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
    client.write(`HTTP/1.1 101 ${answer.statusMessage}\r\n${headers.join("")}\r\n`, "latin1");
    if (upstreamHead.length > 0) client.write(upstreamHead);
    if (head.length > 0) upstream.write(head);
    relay(client, upstream, timeouts.idleSeconds * 1000);
  });
  asked.end();
}

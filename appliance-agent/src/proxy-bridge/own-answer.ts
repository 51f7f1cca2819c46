import { STATUS_CODES, type ServerResponse } from "node:http";

/**
 * Answers in the bridge's own words, and ends the connection.
 *
 * Reason phrase and length are spelled out: a header of the origin that could not be written has left its own.
 *
 * @param status 400 to 599
 * @param detail for the person who asked, without a line end
 */
export function answerOwn(response: ServerResponse, status: number, detail: string): void {
  if (response.headersSent) return void response.destroy();
  const text = `${status}: ${detail}\n`;
  response.shouldKeepAlive = false;
  response.writeHead(status, STATUS_CODES[status], {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    Connection: "close",
  });
  response.end(text);
}

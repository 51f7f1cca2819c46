/** An S3 with one object, a file: conditional GET by ETag, 404 when the file is gone. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";

const [file = ""] = process.argv.slice(2);

createServer((request, response) => {
  if (!existsSync(file)) {
    response.writeHead(404, { "Content-Type": "application/xml" }).end("<Error><Code>NoSuchKey</Code></Error>");
    return;
  }
  const body = readFileSync(file);
  const etag = `"${createHash("md5").update(body).digest("hex")}"`;
  const unchanged = request.headers["if-none-match"] === etag;
  response.writeHead(unchanged ? 304 : 200, { ETag: etag }).end(unchanged ? undefined : body);
}).listen(9000, "127.0.0.1", () => process.stdout.write("listening\n"));

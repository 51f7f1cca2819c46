import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import type { RequestListener, ServerResponse } from "node:http";
import { join, normalize } from "node:path";

/**
 * GetObject of the S3 API, virtual-hosted and path style, from files below a folder: `<bucket>/<key>`.
 *
 * A request must carry the access key of one of the lab's roles; its signature is not checked.
 *
 * @param accessKeys of the roles
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function objectStorage(folder: string, accessKeys: readonly string[]): RequestListener {
  return ({ method, url = "", headers }, response) => {
    const key = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(headers.authorization ?? "")?.[1];
    if (key === undefined || !accessKeys.includes(key)) {
      refuse(response, 403, "AccessDenied");
      return;
    }
    if (method !== "GET") {
      refuse(response, 405, "MethodNotAllowed");
      return;
    }
    const path = decodeURIComponent(new URL(url, "https://s3").pathname);
    const [, bucket] = /^([^.]+)\.s3\./.exec(headers.host ?? "") ?? [];
    const file = normalize(join(folder, bucket ?? "", path));
    if (!file.startsWith(`${folder}/`) || !existsSync(file) || !statSync(file).isFile()) {
      refuse(response, 404, "NoSuchKey");
      return;
    }
    const etag = `"${createHash("md5").update(readFileSync(file)).digest("hex")}"`;
    if (headers["if-none-match"] === etag) {
      response.writeHead(304, { ETag: etag }).end();
      return;
    }
    response.writeHead(200, { ETag: etag, "Content-Length": statSync(file).size });
    createReadStream(file).pipe(response);
  };
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "Content-Type": "application/xml" });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

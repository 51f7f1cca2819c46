import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A server's key and certificate, and the authority that signed it; PEM. */
export interface Certificates {
  readonly ca: string;
  readonly key: string;
  readonly cert: string;
}

/** Makes a throw-away authority and a certificate for `names`, with openssl. */
export function makeCertificates(directory: string, names: readonly string[]): Certificates {
  const at = (file: string) => join(directory, file);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...key, "-days", "1", "-subj", "/CN=test CA", "-keyout", at("ca.key"), "-out", at("ca.pem"));
  openssl("req", ...key, "-subj", `/CN=${names[0]}`, "-keyout", at("key.pem"), "-out", at("request.pem"));
  writeFileSync(at("names"), `subjectAltName=${names.map((name) => `DNS:${name}`).join()}`);
  const signed = [
    "-CA",
    at("ca.pem"),
    "-CAkey",
    at("ca.key"),
    "-CAcreateserial",
    "-days",
    "1",
    "-extfile",
    at("names"),
  ];
  openssl("x509", "-req", "-in", at("request.pem"), ...signed, "-out", at("cert.pem"));
  const read = (file: string) => readFileSync(at(file), "utf8");
  return { ca: read("ca.pem"), key: read("key.pem"), cert: read("cert.pem") };
}

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A throw-away certificate authority and one certificate of it. */
export interface Certificates {
  /** PEM. */
  readonly authority: string;
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
}

/** Days: longer than any lab lives, short enough to be worthless elsewhere. */
const DAYS = "2";

/** Makes them with openssl(1). @param names DNS names of the certificate, wildcards included */
export function makeCertificates(directory: string, names: readonly string[]): Certificates {
  const at = (name: string): string => join(directory, name);
  const common = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS];
  const openssl = (...parameters: string[]): void => {
    execFileSync("openssl", [...common, ...parameters], { stdio: ["ignore", "ignore", "pipe"] });
  };
  openssl("-subj", "/CN=lab", "-keyout", at("ca.key"), "-out", at("ca.pem"));
  openssl(
    ...[
      "-subj",
      `/CN=${names[0] ?? "lab"}`,
      "-addext",
      `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`,
    ],
    ...["-addext", "basicConstraints=critical,CA:FALSE", "-CA", at("ca.pem"), "-CAkey", at("ca.key")],
    ...["-keyout", at("server.key"), "-out", at("server.pem")],
  );
  return { authority: readFileSync(at("ca.pem"), "utf8"), certificate: at("server.pem"), key: at("server.key") };
}

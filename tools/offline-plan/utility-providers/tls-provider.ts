import type { CtyObject } from "../protocol/cty-value";
import { fingerprint } from "../planning/numbering";
import type { UtilityRules } from "./utility-rules";

/** The form of a key or certificate with nothing secret in it: no key is made for a plan. */
const pem = (kind: string, seed: string) =>
  `-----BEGIN ${kind}-----\n${Buffer.from(`offline plan ${seed}`).toString("base64")}\n-----END ${kind}-----\n`;

function publicKey(seed: string, algorithm: string): CtyObject {
  const kind = algorithm === "ED25519" ? "ssh-ed25519" : algorithm === "ECDSA" ? "ecdsa-sha2-nistp256" : "ssh-rsa";
  return {
    public_key_fingerprint_md5: fingerprint(seed, 32).match(/../g)?.join(":") ?? "",
    public_key_fingerprint_sha256: `SHA256:${fingerprint(seed, 40)}`,
    public_key_openssh: `${kind} ${Buffer.from(`offline plan ${seed}`).toString("base64")}\n`,
    public_key_pem: pem("PUBLIC KEY", seed),
  };
}

const certificate = (_planned: CtyObject, seed: string) => ({
  ca_key_algorithm: "RSA",
  cert_pem: pem("CERTIFICATE", seed),
  key_algorithm: "RSA",
  ready_for_renewal: false,
  validity_end_time: "2034-01-01T00:00:00Z",
  validity_start_time: "2024-01-01T00:00:00Z",
});

const privateKeys = ["private_key_openssh", "private_key_pem", "private_key_pem_pkcs8"];

/** hashicorp/tls: keys and certificates have the form of real ones and are none. */
export const TLS: UtilityRules = {
  defaults: {
    tls_private_key: { ecdsa_curve: "P224", rsa_bits: 2048 },
    tls_self_signed_cert: { early_renewal_hours: 0, is_ca_certificate: false },
    tls_locally_signed_cert: { early_renewal_hours: 0, is_ca_certificate: false },
  },
  sensitive: {
    tls_cert_request: ["private_key_pem"],
    tls_locally_signed_cert: ["ca_private_key_pem"],
    tls_private_key: privateKeys,
    tls_self_signed_cert: ["private_key_pem"],
    "data.tls_public_key": privateKeys,
  },
  forceNew: ["algorithm", "ecdsa_curve", "rsa_bits", "private_key_pem", "cert_request_pem", "validity_period_hours"],
  predict: {
    tls_cert_request: (_planned, seed) => ({
      cert_request_pem: pem("CERTIFICATE REQUEST", seed),
      key_algorithm: "RSA",
    }),
    tls_locally_signed_cert: certificate,
    tls_private_key: (planned, seed) => ({
      ...publicKey(seed, String(planned["algorithm"])),
      private_key_openssh: pem("OPENSSH PRIVATE KEY", seed),
      private_key_pem: pem("RSA PRIVATE KEY", seed),
      private_key_pem_pkcs8: pem("PRIVATE KEY", seed),
    }),
    tls_self_signed_cert: certificate,
  },
  read: {
    tls_certificate: (config) => {
      const seed = fingerprint(JSON.stringify(config), 40);
      const one = {
        cert_pem: pem("CERTIFICATE", seed),
        is_ca: true,
        issuer: "CN=assumed",
        not_after: "2034-01-01T00:00:00Z",
        not_before: "2024-01-01T00:00:00Z",
        public_key_algorithm: "RSA",
        serial_number: "1",
        sha1_fingerprint: seed,
        signature_algorithm: "SHA256-RSA",
        subject: "CN=assumed",
        version: 3,
      };
      return { values: { id: seed, certificates: [one] } };
    },
    tls_public_key: (config) => {
      const seed = fingerprint(JSON.stringify(config), 40);
      return { values: { id: seed, algorithm: "RSA", ...publicKey(seed, "RSA") }, derived: true };
    },
  },
};

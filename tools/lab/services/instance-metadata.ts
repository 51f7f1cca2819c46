import type { RequestListener } from "node:http";

/** What EC2 tells one instance of itself. */
export interface InstanceMetadata {
  readonly instanceId: string;
  readonly region: string;
  readonly zone: string;
  readonly localIpv4: string;
  /** Name of the role of its instance profile. @default - it has no profile */
  readonly role?: string;
}

/** Credentials of an instance's role, which the lab's S3 knows. */
export const credentialsOf = ({ instanceId }: Pick<InstanceMetadata, "instanceId">) =>
  ({
    accessKeyId: `ASIA${instanceId.replaceAll(/[^0-9a-z]/gi, "").toUpperCase()}`,
    secretAccessKey: `secret-of-${instanceId}`,
    token: `session-of-${instanceId}`,
  }) as const;

const TOKEN = "lab-metadata-token";
/** Milliseconds for which credentials are good; the SDK renews them in time. */
const VALIDITY_MS = 6 * 60 * 60 * 1000;

/**
 * The instance metadata service, version 2 only, as `http_tokens = "required"` has it.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export function metadataService(instance: InstanceMetadata, now: () => Date): RequestListener {
  return (request, response) => {
    const path = request.url ?? "";
    if (request.method === "PUT" && path === "/latest/api/token") {
      response.end(TOKEN);
      return;
    }
    const isKnown = request.headers["x-aws-ec2-metadata-token"] === TOKEN;
    const answer = isKnown ? answers(instance, now())[path.replace(/^\/latest\/meta-data\//, "")] : undefined;
    response.statusCode = isKnown ? (answer === undefined ? 404 : 200) : 401;
    response.end(answer ?? "");
  };
}

function answers(instance: InstanceMetadata, now: Date): Readonly<Record<string, string>> {
  const { instanceId, region, zone, localIpv4, role } = instance;
  return {
    "instance-id": instanceId,
    "local-ipv4": localIpv4,
    "placement/region": region,
    "placement/availability-zone": zone,
    ...(role === undefined
      ? {}
      : {
          "iam/security-credentials/": role,
          [`iam/security-credentials/${role}`]: credentialsDocument(instance, now),
        }),
  };
}

function credentialsDocument(instance: InstanceMetadata, now: Date): string {
  const { accessKeyId, secretAccessKey, token } = credentialsOf(instance);
  return JSON.stringify({
    Code: "Success",
    LastUpdated: now.toISOString(),
    Type: "AWS-HMAC",
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: token,
    Expiration: new Date(now.getTime() + VALIDITY_MS).toISOString(),
  });
}

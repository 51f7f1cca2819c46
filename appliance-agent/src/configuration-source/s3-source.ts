import type { GetObjectCommandOutput, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { MAX_CONFIGURATION_BYTES, type ConfigurationSource, type ConfigurationText } from "./configuration-source";
import { parseS3Location } from "./s3-location";

/** How the S3 API is reached. */
export interface S3SourceOptions {
  /** @default - `AWS_REGION`, or the instance's own by IMDSv2 */
  readonly region?: string;
  /** URL of the S3 API. @default - AWS's for the region */
  readonly endpoint?: string;
  /** Between two conditional requests. @default 10000 */
  readonly pollMs?: number;
  /** For one request, connecting included. @default 5000 */
  readonly timeoutMs?: number;
}

/**
 * A configuration in an S3 object, read with the instance's role and re-read only when its ETag changes.
 *
 * @param location `s3://bucket/key`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, If-None-Match
 */
export function s3Source(location: string, options: S3SourceOptions = {}): ConfigurationSource {
  const { bucket, key } = parseS3Location(location);
  const { pollMs = 10_000, timeoutMs = 5000 } = options;
  let client: Promise<S3Client> | undefined;
  return {
    name: location,
    async read(revision) {
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        client ??= openClient(options);
        const { GetObjectCommand } = await import("@aws-sdk/client-s3");
        const command = new GetObjectCommand({ Bucket: bucket, Key: key, IfNoneMatch: revision });
        const answer = (await client).send(command, { abortSignal: deadline }).then(readAnswer);
        return await Promise.race([answer, whenAborted(deadline)]);
      } catch (cause) {
        if (statusOf(cause) === 304) return undefined;
        if (statusOf(cause) === undefined) client = undefined; /* Region or role may come later than the first try. */
        const late = `no answer within ${timeoutMs} ms; check the route to S3 and the S3 gateway endpoint`;
        throw new Error(`${location}: ${deadline.aborted ? late : explain(cause as Error)}`, { cause });
      }
    },
    watch(changed, signal) {
      const poll = setInterval(changed, pollMs);
      signal.addEventListener("abort", () => clearInterval(poll));
    },
  };
}

async function openClient({ region, endpoint, timeoutMs = 5000 }: S3SourceOptions): Promise<S3Client> {
  /* "NodeVersionSupportWarning: ... will require node >=22" would be a line in the log that is not JSON. */
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const { S3Client } = await import("@aws-sdk/client-s3");
  return new S3Client({
    region: region ?? process.env.AWS_REGION ?? (await instanceRegion(timeoutMs)),
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    maxAttempts: 2,
    followRegionRedirects: true,
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs },
  });
}

/**
 * The region in which this instance runs.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
async function instanceRegion(timeoutMs: number): Promise<string> {
  const service = process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? "http://169.254.169.254";
  const signal = AbortSignal.timeout(timeoutMs);
  const ask = async (path: string, init: RequestInit) => {
    const answer = await fetch(new URL(path, service), { ...init, signal });
    if (!answer.ok) throw new Error(`${service}${path} answered ${answer.status}`);
    return (await answer.text()).trim();
  };
  try {
    const token = await ask("/latest/api/token", {
      method: "PUT",
      headers: { "X-aws-ec2-metadata-token-ttl-seconds": "60" },
    });
    return await ask("/latest/meta-data/placement/region", { headers: { "X-aws-ec2-metadata-token": token } });
  } catch (cause) {
    throw new Error("no region, got no answer from the instance metadata service; set AWS_REGION", { cause });
  }
}

async function readAnswer({ ETag, Body, ContentLength = 0 }: GetObjectCommandOutput): Promise<ConfigurationText> {
  if (ETag === undefined || Body === undefined) throw new Error("got an answer without ETag or body");
  if (ContentLength > MAX_CONFIGURATION_BYTES)
    throw new Error(`more than ${MAX_CONFIGURATION_BYTES} bytes, got ${ContentLength}; write fewer rules`);
  return { text: await Body.transformToString("utf8"), revision: ETag };
}

/** The SDK looks at its abort signal between some steps, not in all: asking the metadata service for a role is none. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, fail) => signal.addEventListener("abort", () => fail(signal.reason as Error)));
}

function statusOf(error: unknown): number | undefined {
  return (error as Partial<S3ServiceException>).$metadata?.httpStatusCode;
}

function explain(error: Error): string {
  if (error.name === "NoSuchKey" || statusOf(error) === 404) return "no such object; upload it, or correct --config-s3";
  if (statusOf(error) === 403)
    return "access denied (403); allow s3:GetObject on it (and kms:Decrypt, if it is encrypted so) in the instance's role";
  if (error.name === "CredentialsProviderError")
    return `no credentials (${error.message}); attach an instance profile to this instance`;
  return `${error.message || error.name}; check the route to S3 and the object`;
}

import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import { AssetType, TerraformAsset } from "cdktf";
import { Construct } from "constructs";

/** Days for which a replaced configuration or program can still be restored from the bucket. */
const OLD_VERSION_DAYS = 30;

/** The agent's archive on the machine that synthesizes, as `npm run build:agent` makes it. */
export interface AgentArchive {
  /** Of the .tar file. */
  readonly path: string;
  /** Of its bytes, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** Props for {@link AgentBundle}. */
export interface AgentBundleProps {
  /** What the appliances and bastions run. */
  readonly archive: AgentArchive;
  /** AWS region of the bucket, as in the provider: `eu-west-1`. */
  readonly region: string;
}

/**
 * The agent's program and the configurations of the machines that run it, in a private, versioned S3 bucket.
 *
 * The program's key is its SHA-256, so that a machine's boot script, and with it the machine, changes exactly when the
 * program does. A configuration changes in place: machines re-read theirs and are not replaced.
 */
export class AgentBundle extends Construct {
  /** Where the program and every configuration are. */
  readonly bucket: S3Bucket;
  /** The archive, stored as `agent/<SHA-256>.tar`. */
  readonly program: S3Object;
  /** Of the archive; a machine refuses to run a program with another one. */
  readonly sha256: string;
  /** AWS region of the bucket. */
  readonly region: string;

  constructor(scope: Construct, id: string, props: AgentBundleProps) {
    super(scope, id);
    const { archive, region } = props;
    if (!/^[0-9a-f]{64}$/.test(archive.sha256)) {
      throw new Error(
        `${this.node.path}: archive.sha256 must be 64 lower-case hexadecimal digits, got '${archive.sha256}'; ` +
          "pass what ensureAgentBundle() of tools/build-agent returns",
      );
    }
    this.region = region;
    this.sha256 = archive.sha256;
    // Everything inside comes from the synthesized stack, so that destroying it loses nothing.
    this.bucket = new S3Bucket(this, "bucket", { bucketPrefix: "gwlb-agent-", forceDestroy: true });
    const bucket = this.bucket.id;
    new S3BucketPublicAccessBlock(this, "public-access-block", {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    const versioning = new S3BucketVersioningA(this, "versioning", {
      bucket,
      versioningConfiguration: { status: "Enabled" },
    });
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket,
      rule: [
        {
          id: "forget-old-versions",
          status: "Enabled",
          filter: [{ prefix: "" }],
          noncurrentVersionExpiration: [{ noncurrentDays: OLD_VERSION_DAYS }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
        },
      ],
      // S3 refuses noncurrent_version_expiration on a bucket whose versioning was never enabled.
      dependsOn: [versioning],
    });
    new S3BucketPolicy(this, "tls-only", { bucket, policy: tlsOnlyPolicy(this.bucket.arn) });

    // assetHash replaces cdktf's own hash, so that equal archives have equal paths in cdktf.out wherever they were built.
    const asset = new TerraformAsset(this, "archive", {
      path: archive.path,
      type: AssetType.FILE,
      assetHash: archive.sha256,
    });
    this.program = new S3Object(this, "program", {
      bucket,
      key: `agent/${archive.sha256}.tar`,
      source: asset.path,
      sourceHash: archive.sha256,
      checksumAlgorithm: "SHA256",
      contentType: "application/x-tar",
      // The new program is in place before the old one goes: machines that still boot with the old one can.
      lifecycle: { createBeforeDestroy: true },
      dependsOn: [versioning],
    });
  }

  /**
   * Stores a configuration that machines re-read while they run; a change is made in place and replaces no machine.
   *
   * @param key in the bucket, `agent/eu-west-1a.json`
   * @param configuration a value that JSON can carry; may contain tokens
   */
  addConfiguration(id: string, key: string, configuration: unknown): S3Object {
    return new S3Object(this, id, {
      bucket: this.bucket.id,
      key,
      content: JSON.stringify(configuration, null, 2),
      contentType: "application/json",
      checksumAlgorithm: "SHA256",
    });
  }

  /**
   * Lets `role` read the program and the given configurations, and nothing else in the bucket.
   *
   * @returns the policy; a machine that boots before it exists has to retry, so let the machine depend on it
   */
  grantRead(id: string, role: IamRole, configurations: readonly S3Object[]): IamRolePolicy {
    const statement = {
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: [this.program, ...configurations].map(({ keyInput }) => `${this.bucket.arn}/${keyInput}`),
    };
    return new IamRolePolicy(this, id, {
      namePrefix: "read-agent-bundle-",
      role: role.name,
      policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
    });
  }
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html#example-bucket-policies-HTTP-HTTPS */
function tlsOnlyPolicy(bucketArn: string): string {
  const statement = {
    Sid: "DenyWithoutTls",
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [bucketArn, `${bucketArn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

import { createHash } from "node:crypto";
import { text, type Predictors, type Subject } from "./subject";

function bucket(subject: Subject) {
  const { planned, region, number } = subject;
  const name = text(planned["bucket"]) ?? `${text(planned["bucket_prefix"]) ?? "terraform-"}${number.slice(0, 26)}`;
  return {
    id: name,
    bucket: name,
    arn: `arn:${subject.arn("s3", "").split(":")[1] ?? "aws"}:s3:::${name}`,
    bucket_domain_name: `${name}.s3.amazonaws.com`,
    bucket_region: region,
    bucket_regional_domain_name: `${name}.s3.${region}.amazonaws.com`,
    hosted_zone_id: "Z1BKCTXD74EZPE",
    object_lock_enabled: false,
    request_payer: "BucketOwner",
    acceleration_status: "",
    policy: "",
  };
}

function object(subject: Subject) {
  const { planned } = subject;
  const [name, key] = [text(planned["bucket"]) ?? "", text(planned["key"]) ?? ""];
  const content = text(planned["content"]);
  return {
    id: `${name}/${key}`,
    arn: `arn:aws:s3:::${name}/${key}`,
    etag: content === undefined ? subject.number.slice(0, 32) : createHash("md5").update(content).digest("hex"),
    content_type: "application/octet-stream",
    server_side_encryption: "AES256",
    storage_class: "STANDARD",
    version_id: subject.number.slice(0, 32),
  };
}

/** Settings of a bucket are known by the bucket's name. */
const ofBucket = ({ planned }: Subject) => ({ id: text(planned["bucket"]) ?? "" });

/** Amazon S3, CloudWatch, SSM Parameter Store, SNS. */
export const STORAGE_AND_LOGS: Predictors = {
  aws_s3_bucket: bucket,
  aws_s3_object: object,
  aws_s3_bucket_object: object,
  aws_s3_bucket_versioning: ofBucket,
  aws_s3_bucket_policy: ofBucket,
  aws_s3_bucket_public_access_block: ofBucket,
  aws_s3_bucket_ownership_controls: ofBucket,
  aws_s3_bucket_server_side_encryption_configuration: ofBucket,
  aws_s3_bucket_lifecycle_configuration: ofBucket,
  aws_s3_bucket_logging: ofBucket,
  aws_cloudwatch_log_group: (subject) => ({ id: subject.name, arn: subject.arn("logs", `log-group:${subject.name}`) }),
  aws_cloudwatch_metric_alarm: (subject) => {
    const name = text(subject.planned["alarm_name"]) ?? subject.name;
    return { id: name, arn: subject.arn("cloudwatch", `alarm:${name}`) };
  },
  aws_cloudwatch_dashboard: (subject) => ({
    id: text(subject.planned["dashboard_name"]) ?? subject.name,
    dashboard_arn: subject.globalArn("cloudwatch", `dashboard/${text(subject.planned["dashboard_name"]) ?? ""}`),
  }),
  aws_cloudwatch_event_rule: (subject) => ({ id: subject.name, arn: subject.arn("events", `rule/${subject.name}`) }),
  aws_ssm_parameter: (subject) => ({
    id: subject.name,
    arn: subject.arn("ssm", `parameter/${subject.name.replace(/^\//, "")}`),
    data_type: "text",
    insecure_value: "",
    tier: "Standard",
    version: 1,
  }),
  aws_sns_topic: (subject) => {
    const arn = subject.arn("sns", subject.name);
    return { id: arn, arn, owner: subject.world.account };
  },
  aws_sqs_queue: (subject) => {
    const url = `https://sqs.${subject.region}.amazonaws.com/${subject.world.account}/${subject.name}`;
    return { id: url, url, arn: subject.arn("sqs", subject.name) };
  },
};

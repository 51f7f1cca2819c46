import { fingerprint } from "../../planning/numbering";
import { list, partitionOf, text } from "../predictions/subject";
import type { Answers, Question } from "./question";

/** An AMI id that follows from what is asked for, so that another question gets another one. */
function image({ type, config, region, world }: Question) {
  const filters = JSON.stringify([type, config["filter"], config["name_regex"], config["owners"]]);
  const id = `ami-0${fingerprint(filters)}`;
  const architecture = /arm64|aarch64/.test(filters) ? "arm64" : "x86_64";
  const rootDevice = /amzn|al20/.test(filters) ? "/dev/xvda" : "/dev/sda1";
  return {
    id,
    image_id: id,
    arn: `arn:${partitionOf(region)}:ec2:${region}::image/${id}`,
    architecture,
    block_device_mappings: [{ device_name: rootDevice, ebs: {}, no_device: "", virtual_name: "" }],
    creation_date: "2024-01-01T00:00:00.000Z",
    name: `assumed-${id}`,
    owner_id:
      list(config["owners"])
        .map(String)
        .find((it) => /^\d{12}$/.test(it)) ?? world.account,
    root_device_name: rootDevice,
    root_device_type: "ebs",
    state: "available",
    virtualization_type: "hvm",
  };
}

/** AWS's public parameters that name AMIs hold an AMI id; the others a text. */
function parameter({ config, region, world }: Question) {
  const name = text(config["name"]) ?? "";
  const own = world.all("aws_ssm_parameter").find((it) => it["name"] === name);
  const value = own?.["value"] ?? (/ami/.test(name) ? `ami-0${fingerprint(name)}` : `assumed value of ${name}`);
  return {
    id: name,
    arn: `arn:${partitionOf(region)}:ssm:${region}:${world.account}:parameter/${name.replace(/^\//, "")}`,
    insecure_value: value,
    type: "String",
    value,
    version: 1,
  };
}

/** A role, policy or profile by name, whether it is being created or not. */
const iam =
  (resource: string, kind: string) =>
  ({ config, region, world }: Question) => {
    const name = text(config["name"]) ?? text(config["arn"])?.split("/").at(-1) ?? "";
    const own = world.all(resource).find((it) => it["name"] === name);
    const arn = own?.["arn"] ?? `arn:${partitionOf(region)}:iam::${world.account}:${kind}/${name}`;
    return { id: kind === "role" ? name : arn, arn, name };
  };

/** Accounts, images, parameters and identities. */
export const ACCOUNT_ANSWERS: Answers = {
  aws_ami: image,
  aws_ami_ids: (question) => ({ id: image(question).id, ids: [image(question).id] }),
  aws_caller_identity: ({ region, world }) => ({
    id: world.account,
    account_id: world.account,
    arn: `arn:${partitionOf(region)}:iam::${world.account}:user/offline`,
    user_id: "AIDAOFFLINEPLAN000000",
  }),
  aws_canonical_user_id: ({ world }) => ({ id: fingerprint(world.account, 40), display_name: "offline" }),
  aws_ec2_instance_type: ({ config }) => ({
    id: config["instance_type"] ?? null,
    default_vcpus: 2,
    memory_size: 4096,
    maximum_network_interfaces: 3,
    supported_architectures: [/^[a-z]+\d+g/.test(String(config["instance_type"])) ? "arm64" : "x86_64"],
  }),
  aws_elb_service_account: ({ region }) => ({
    id: "156460612806",
    arn: `arn:${partitionOf(region)}:iam::156460612806:root`,
  }),
  aws_iam_account_alias: () => ({ id: "offline", account_alias: "offline" }),
  aws_iam_instance_profile: iam("aws_iam_instance_profile", "instance-profile"),
  aws_iam_policy: iam("aws_iam_policy", "policy"),
  aws_iam_role: iam("aws_iam_role", "role"),
  aws_iam_session_context: ({ config }) => ({
    id: config["arn"] ?? null,
    issuer_arn: config["arn"] ?? null,
    session_name: "",
  }),
  aws_key_pair: ({ config }) => {
    const name = text(config["key_name"]) ?? "assumed";
    return {
      id: `key-0${fingerprint(name)}`,
      key_name: name,
      key_pair_id: `key-0${fingerprint(name)}`,
      key_type: "rsa",
    };
  },
  aws_kms_alias: ({ config, region, world }) => {
    const key = fingerprint(String(config["name"]), 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    const arn = `arn:${partitionOf(region)}:kms:${region}:${world.account}:key/${key}`;
    return { id: arn, arn: arn.replace(/key\/.*/, String(config["name"])), target_key_id: key, target_key_arn: arn };
  },
  aws_kms_key: ({ config, region, world }) => {
    const key = text(config["key_id"]) ?? "";
    return { id: key, arn: `arn:${partitionOf(region)}:kms:${region}:${world.account}:key/${key}`, enabled: true };
  },
  aws_organizations_organization: () => ({
    id: "o-assumed00",
    arn: "arn:aws:organizations::123456789012:organization/o-assumed00",
  }),
  aws_route53_zone: ({ config }) => {
    const id = text(config["zone_id"]) ?? `Z${fingerprint(String(config["name"])).toUpperCase()}`;
    return {
      id,
      zone_id: id,
      arn: `arn:aws:route53:::hostedzone/${id}`,
      name: text(config["name"]) ?? "assumed.example",
    };
  },
  aws_s3_bucket: ({ config, region }) => {
    const name = text(config["bucket"]) ?? "";
    return {
      id: name,
      arn: `arn:${partitionOf(region)}:s3:::${name}`,
      bucket_domain_name: `${name}.s3.amazonaws.com`,
      bucket_regional_domain_name: `${name}.s3.${region}.amazonaws.com`,
    };
  },
  aws_secretsmanager_secret: ({ config, region, world }) => {
    const name = text(config["name"]) ?? "assumed";
    const arn =
      text(config["arn"]) ?? `arn:${partitionOf(region)}:secretsmanager:${region}:${world.account}:secret:${name}`;
    return { id: arn, arn, name };
  },
  aws_secretsmanager_secret_version: ({ config }) => ({
    id: String(config["secret_id"]),
    secret_string: "{}",
    version_id: "assumed",
  }),
  aws_ssm_parameter: parameter,
};

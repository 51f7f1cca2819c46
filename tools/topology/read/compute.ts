import { gunzipSync } from "node:zlib";
import { Resource, blocks, flag, number, text, texts } from "../resource";
import { AutoScalingGroup, Instance, LaunchTemplate, Machine } from "../topology";
import { partOf, Resources, whyUndetermined } from "./resources";

/** Unpacked user data; EC2 takes 16 KiB as it is sent: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
const MAX_USER_DATA_BYTES = 1024 * 1024;

type Values = Readonly<Record<string, unknown>>;

/** EC2 instances; what one leaves out comes from its launch template. */
export function readInstances(resources: Resources, templates: readonly LaunchTemplate[]): readonly Instance[] {
  return resources.ofType("aws_instance").map((resource) => {
    const part = partOf(resource);
    const template = templateOf(resource.values, templates);
    return {
      ...part,
      ...merge(machineOf(resource.values), template),
      subnetId: text(resource.values, "subnet_id"),
      networkInterfaceIds: interfaceIdsOf(resource, resources),
      launchTemplateId: template?.id,
      undetermined: whyUndetermined(resource, "subnet_id"),
    };
  });
}

/** EC2 launch templates. */
export function readLaunchTemplates(resources: Resources): readonly LaunchTemplate[] {
  return resources.ofType("aws_launch_template").map((resource) => {
    const interfaces = blocks(resource.values, "network_interfaces");
    const publicIp = interfaces[0]?.associate_public_ip_address;
    return {
      ...partOf(resource),
      ...machineOf(resource.values),
      name: text(resource.values, "name"),
      securityGroupIds: [
        ...texts(resource.values, "vpc_security_group_ids"),
        ...interfaces.flatMap((one) => texts(one, "security_groups")),
      ],
      associatePublicIp:
        publicIp === undefined || publicIp === null || publicIp === "" ? undefined : String(publicIp) === "true",
    };
  });
}

/** Auto Scaling groups. */
export function readAutoScalingGroups(
  resources: Resources,
  templates: readonly LaunchTemplate[],
): readonly AutoScalingGroup[] {
  return resources.ofType("aws_autoscaling_group").map((resource) => {
    const { values } = resource;
    const mixed = blocks(values, "mixed_instances_policy").flatMap((policy) => blocks(policy, "launch_template"));
    const specification = mixed.flatMap((block) => blocks(block, "launch_template_specification"))[0];
    return {
      ...partOf(resource),
      subnetIds: texts(values, "vpc_zone_identifier"),
      launchTemplateId: (
        templateOf(values, templates) ??
        (specification && templateBy(specification, templates, "launch_template_"))
      )?.id,
      targetGroupArns: texts(values, "target_group_arns"),
      desiredCapacity: number(values, "desired_capacity"),
      minimum: number(values, "min_size"),
      maximum: number(values, "max_size"),
    };
  });
}

function templateOf(values: Values, templates: readonly LaunchTemplate[]): LaunchTemplate | undefined {
  const [block] = blocks(values, "launch_template");
  return block && templateBy(block, templates, "");
}

function templateBy(block: Values, templates: readonly LaunchTemplate[], prefix: string): LaunchTemplate | undefined {
  const id = text(block, `${prefix}id`);
  const name = text(block, `${prefix}name`);
  return templates.find((template) => template.id === id || (name !== undefined && template.name === name));
}

function merge(own: Machine, template: Machine | undefined): Machine {
  if (!template) return own;
  const given = Object.fromEntries(
    Object.entries(own).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
  const {
    instanceType,
    ami,
    userData,
    iamInstanceProfile,
    httpTokens,
    metadataEndpoint,
    rootVolumeEncrypted,
    rootVolumeSizeGib,
  } = template;
  const { rootVolumeType, volumes, tcpEstablishedTimeoutSeconds } = template;
  const inherited: Machine = {
    instanceType,
    ami,
    userData,
    iamInstanceProfile,
    httpTokens,
    metadataEndpoint,
    rootVolumeEncrypted,
    rootVolumeSizeGib,
    rootVolumeType,
    volumes,
    tcpEstablishedTimeoutSeconds,
  };
  return { ...inherited, ...given };
}

function machineOf(values: Values): Machine {
  const [metadata] = blocks(values, "metadata_options");
  const [root] = blocks(values, "root_block_device");
  const mapped = blocks(values, "block_device_mappings").flatMap((mapping) => blocks(mapping, "ebs").slice(0, 1));
  const [first] = root ? [root] : mapped;
  const others = [...blocks(values, "ebs_block_device"), ...(root ? mapped : mapped.slice(1))];
  const [profile] = blocks(values, "iam_instance_profile");
  return {
    instanceType: text(values, "instance_type"),
    ami: text(values, "ami") ?? text(values, "image_id"),
    userData: userDataOf(values),
    iamInstanceProfile:
      text(values, "iam_instance_profile") ?? (profile && (text(profile, "name") ?? text(profile, "arn"))),
    httpTokens: metadata && text(metadata, "http_tokens"),
    metadataEndpoint: metadata && text(metadata, "http_endpoint"),
    rootVolumeEncrypted: first && encryption(first),
    rootVolumeSizeGib: first && (number(first, "volume_size") || undefined),
    rootVolumeType: first && text(first, "volume_type"),
    volumes: others.map((block) => ({
      encrypted: encryption(block),
      sizeGib: number(block, "volume_size") || undefined,
      type: text(block, "volume_type"),
    })),
    tcpEstablishedTimeoutSeconds: blocks(values, "network_interfaces")
      .flatMap((one) => blocks(one, "connection_tracking_specification"))
      .map((block) => number(block, "tcp_established_timeout"))[0],
  };
}

/** A launch template writes the flag as text. */
function encryption(block: Values): boolean | undefined {
  return (
    flag(block, "encrypted") ??
    (text(block, "encrypted") === undefined ? undefined : text(block, "encrypted") === "true")
  );
}

function userDataOf(values: Values): string | undefined {
  const plain = text(values, "user_data");
  const encoded = text(values, "user_data_base64");
  if (plain !== undefined && !isBase64(plain)) return plain;
  const bytes = Buffer.from(encoded ?? plain ?? "", "base64");
  return bytes.length === 0 ? undefined : unpacked(bytes)?.toString("utf8");
}

/** @returns nothing when what is compressed is broken or too large */
function unpacked(bytes: Buffer): Buffer | undefined {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_USER_DATA_BYTES });
  } catch {
    return undefined;
  }
}

function isBase64(value: string): boolean {
  return value.length % 4 === 0 && value.length > 7 && /^[A-Za-z0-9+/\s]+=*$/.test(value);
}

function interfaceIdsOf(resource: Resource, resources: Resources): readonly string[] {
  const id = partOf(resource).id;
  const own = [
    ...blocks(resource.values, "network_interface"),
    ...blocks(resource.values, "primary_network_interface"),
  ].flatMap((block) => text(block, "network_interface_id") ?? []);
  const attached = [
    ...resources
      .ofType("aws_network_interface_attachment")
      .filter((one) => text(one.values, "instance_id") === id)
      .flatMap((one) => text(one.values, "network_interface_id") ?? []),
    ...resources
      .ofType("aws_network_interface")
      .filter((one) => blocks(one.values, "attachment").some((block) => text(block, "instance") === id))
      .map((one) => partOf(one).id),
  ];
  const primary = own[0] ?? text(resource.values, "primary_network_interface_id") ?? `${id}/primary`;
  return [...new Set([primary, ...own, ...attached])];
}

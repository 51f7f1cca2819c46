import { text, type Predictors, type Subject } from "./subject";

const path = ({ planned }: Subject) => text(planned["path"]) ?? "/";

/** An IAM unique id. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
const uniqueId = (prefix: string, number: string) => prefix + number.slice(0, 17).toUpperCase();

const CREATED = "2024-01-01T00:00:00Z";

/** AWS Identity and Access Management, and Key Management Service. */
export const IDENTITY: Predictors = {
  aws_iam_role: (subject) => ({
    id: subject.name,
    arn: subject.globalArn("iam", `role${path(subject)}${subject.name}`),
    unique_id: uniqueId("AROA", subject.number),
    create_date: CREATED,
    managed_policy_arns: [],
  }),
  aws_iam_policy: (subject) => {
    const arn = subject.globalArn("iam", `policy${path(subject)}${subject.name}`);
    return { id: arn, arn, policy_id: uniqueId("ANPA", subject.number), attachment_count: 0 };
  },
  aws_iam_role_policy: ({ planned, name }) => ({ id: `${text(planned["role"]) ?? ""}:${name}` }),
  aws_iam_role_policy_attachment: ({ planned, number }) => ({
    id: `${text(planned["role"]) ?? ""}-${number.slice(0, 26)}`,
  }),
  aws_iam_instance_profile: (subject) => ({
    id: subject.name,
    arn: subject.globalArn("iam", `instance-profile${path(subject)}${subject.name}`),
    unique_id: uniqueId("AIPA", subject.number),
    create_date: CREATED,
  }),
  aws_iam_user: (subject) => ({
    id: subject.name,
    arn: subject.globalArn("iam", `user${path(subject)}${subject.name}`),
    unique_id: uniqueId("AIDA", subject.number),
  }),
  aws_iam_service_linked_role: (subject) => ({
    arn: subject.globalArn("iam", `role/aws-service-role/${text(subject.planned["aws_service_name"]) ?? ""}`),
    unique_id: uniqueId("AROA", subject.number),
    create_date: CREATED,
  }),
  aws_kms_key: (subject) => {
    const id = subject.number.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
    return { id, key_id: id, arn: subject.arn("kms", `key/${id}`) };
  },
  aws_kms_alias: (subject) => ({ id: subject.name, arn: subject.arn("kms", subject.name) }),
};

import { isObject } from "../../protocol/cty-value";
import { arnParts } from "../aws-functions";
import { fingerprint } from "../../planning/numbering";
import { policyDocument } from "../policy-document";
import { partitionOf } from "../predictions/subject";
import type { Answers, Question } from "./question";

function document({ config }: Question) {
  const json = policyDocument(config);
  return {
    id: String(Number.parseInt(fingerprint(json, 8), 16)),
    json,
    minified_json: JSON.stringify(JSON.parse(json)),
  };
}

function region({ config, region: own }: Question) {
  const name = typeof config["name"] === "string" ? config["name"] : own;
  return { id: name, name, region: name, endpoint: `ec2.${name}.amazonaws.com`, description: name };
}

/** Data sources whose answer follows from the configuration alone. */
export const DERIVED: Answers = {
  aws_arn: ({ config }) => {
    const { account_id, ...rest } = arnParts(String(config["arn"]));
    return { id: config["arn"] ?? null, account: account_id, ...rest };
  },
  aws_default_tags: ({ settings }) => ({
    id: "default_tags",
    tags: isObject(settings["tags"]) ? settings["tags"] : {},
  }),
  aws_iam_policy_document: document,
  aws_partition: ({ region: own }) => {
    const partition = partitionOf(own);
    const suffix = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
    return { id: partition, partition, dns_suffix: suffix, reverse_dns_prefix: suffix.split(".").reverse().join(".") };
  },
  aws_region: region,
  aws_service: ({ config, region: own }) => {
    const id = String(config["service_id"] ?? "");
    const name = `com.amazonaws.${own}.${id}`;
    return {
      id: name,
      dns_name: `${id}.${own}.amazonaws.com`,
      reverse_dns_name: name,
      reverse_dns_prefix: "com.amazonaws",
      service_id: id,
      partition: partitionOf(own),
      supported: true,
    };
  },
  aws_service_principal: ({ config, region: own }) => ({
    id: `${String(config["service_name"])}.${own}.amazonaws.com`,
    name: `${String(config["service_name"])}.amazonaws.com`,
    suffix: "amazonaws.com",
  }),
};

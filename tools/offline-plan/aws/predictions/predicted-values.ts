import type { CtyObject } from "../../protocol/cty-value";
import { ID_PREFIXES } from "./identifiers";
import { IDENTITY } from "./identity";
import { COMPUTE } from "./compute";
import { LOAD_BALANCING } from "./load-balancing";
import { NETWORKING } from "./networking";
import { STORAGE_AND_LOGS } from "./storage-and-logs";
import { TRANSIT } from "./transit";
import { partitionOf, text, type NewResource, type Predictors, type Subject } from "./subject";

const PREDICTORS: Predictors = {
  ...NETWORKING,
  ...TRANSIT,
  ...LOAD_BALANCING,
  ...COMPUTE,
  ...IDENTITY,
  ...STORAGE_AND_LOGS,
};

/** What a resource's computed attributes will be: ids of the right form, ARNs, and what follows from other resources. */
export function predictedValues(resource: NewResource): CtyObject {
  const subject = subjectOf(resource);
  const general = {
    id: subject.id,
    arn: subject.arn("ec2", `${resource.type.slice("aws_".length).replace(/_/g, "-")}/${subject.id}`),
    name: subject.name,
    owner_id: resource.world.account,
    region: resource.region,
  };
  return { ...general, ...PREDICTORS[resource.type]?.(subject) };
}

function subjectOf(resource: NewResource): Subject {
  const { type, planned, region, number, world } = resource;
  const prefix = ID_PREFIXES[type];
  const named = text(planned["name"]);
  const name = named ?? `${text(planned["name_prefix"]) ?? "terraform-"}${number.slice(0, 26)}`;
  const partition = partitionOf(region);
  return {
    ...resource,
    id: prefix ? `${prefix}-0${number.slice(0, 16)}` : (named ?? number.slice(0, 20)),
    name,
    arn: (service, of) => `arn:${partition}:${service}:${region}:${world.account}:${of}`,
    globalArn: (service, of) => `arn:${partition}:${service}::${world.account}:${of}`,
  };
}

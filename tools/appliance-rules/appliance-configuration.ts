import type { AgentConfiguration } from "../../appliance-agent/src/rules/agent-configuration";
import { parseAgentConfiguration } from "../../appliance-agent/src/rules/parse-agent-configuration";
import { byId, type S3Object, type Topology } from "../topology/topology";

/** An appliance's configuration, or why it cannot be read. */
export type ReadConfiguration =
  | { readonly kind: "known"; readonly object: S3Object; readonly configuration: AgentConfiguration }
  | { readonly kind: "unknown"; readonly why: string };

/**
 * The agent's configuration as the plan puts it into S3: the object that the appliance's user data names.
 *
 * @param id of the instance or of the Auto Scaling group
 */
export function applianceConfiguration(topology: Topology, id: string | undefined): ReadConfiguration {
  const userData = userDataOf(topology, id);
  if (userData === undefined) return unknown(`its user data is not in the ${topology.source}`);
  const words = new Set(userData.split(/[\s"'=;]+/));
  const named = topology.s3Objects.filter(({ bucket, key }) => {
    if (bucket === undefined || key === undefined) return false;
    return (words.has(bucket) && words.has(key)) || words.has(`s3://${bucket}/${key}`);
  });
  const found = named.flatMap((object) => {
    const configuration = object.content === undefined ? undefined : parsed(object.content, object.address);
    return configuration ? [{ object, configuration }] : [];
  });
  const [first, second] = found;
  if (first && !second) return { kind: "known", ...first };
  if (second) return unknown(`its user data names ${String(found.length)} configurations`);
  return unknown(`its user data names no configuration of the agent in the ${topology.source}`);
}

const unknown = (why: string): ReadConfiguration => ({ kind: "unknown", why });

function userDataOf({ instances, autoScalingGroups, launchTemplates }: Topology, id: string | undefined) {
  const group = byId(autoScalingGroups, id);
  return (byId(instances, id) ?? byId(launchTemplates, group?.launchTemplateId))?.userData;
}

/** Nothing when it is none: a machine may read other files too. */
function parsed(content: string, where: string): AgentConfiguration | undefined {
  try {
    return parseAgentConfiguration(content, where);
  } catch {
    return undefined;
  }
}

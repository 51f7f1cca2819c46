import { Check } from "../check";

/** Instance metadata only by session token. */
export const imdsv2: Check = {
  id: "imdsv2",
  severity: "warning",
  title: "Instance metadata is open to version 1",
  why: "IMDSv1 answers any request, so a single server-side request forgery gives away the instance's credentials; an appliance's role is worth stealing.",
  fix: 'Set metadata_options { http_tokens = "required" }.',
  source: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html",
  find: ({ topology }) => {
    const used = new Set(topology.autoScalingGroups.map((group) => group.launchTemplateId));
    const machines = [...topology.instances, ...topology.launchTemplates.filter((template) => used.has(template.id))];
    return machines
      .filter((machine) => machine.httpTokens !== "required" && machine.metadataEndpoint !== "disabled")
      .map((machine) => ({ address: machine.address, what: `http_tokens is ${machine.httpTokens ?? "not set"}` }));
  },
};

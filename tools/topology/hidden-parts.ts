import { Resource } from "./resource";

/** Resources that make up a network. */
const NETWORK =
  /^aws_(vpc|subnet|route|main_route|default_|internet_gateway|egress_only|nat_gateway|eip|instance|network_|lb|alb|autoscaling|security_group|vpn_|ec2_(transit|managed))/;

/** Arguments that decide nothing about where packets go. */
const ASIDE =
  /^(user_data|iam_|kms_|key_|ami$|image_|tags|name|description|launch_template|root_block|ebs_|metadata|access_logs|private_dns|policy)/;

/**
 * Why parts of the network may be missing from what was read: arguments that refer to something which cannot be determined.
 * A rule without its group, or a target without its target group, is nowhere; so nothing may be concluded from its absence.
 */
export function hiddenParts(resources: readonly Resource[]): readonly string[] {
  return resources
    .filter((resource) => NETWORK.test(resource.type))
    .flatMap((resource) => [...resource.undetermined].flatMap(([path, why]) => (ASIDE.test(path) ? [] : [why])));
}

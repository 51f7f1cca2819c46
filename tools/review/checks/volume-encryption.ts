import { Check } from "../check";

/** Volumes are encrypted. */
export const volumeEncryption: Check = {
  id: "volume-encryption",
  severity: "warning",
  title: "A volume is not encrypted",
  why: "An appliance's disk holds its configuration, keys and logs of other people's traffic; whether an unset flag means encrypted depends on the account.",
  fix: "Set encrypted = true on the root and every other volume.",
  source: "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html",
  find: ({ topology }) => {
    const used = new Set(topology.autoScalingGroups.map((group) => group.launchTemplateId));
    const machines = [...topology.instances, ...topology.launchTemplates.filter((template) => used.has(template.id))];
    return machines.flatMap((machine) => [
      ...(machine.rootVolumeEncrypted === true
        ? []
        : [
            {
              address: machine.address,
              what: `encrypted of the root volume is ${machine.rootVolumeEncrypted ?? "not set"}`,
            },
          ]),
      ...machine.volumes.flatMap((volume, i) =>
        volume.encrypted === true
          ? []
          : [
              {
                address: machine.address,
                what: `encrypted of further volume ${i + 1} is ${volume.encrypted ?? "not set"}`,
              },
            ],
      ),
    ]);
  },
};

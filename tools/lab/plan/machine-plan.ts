import { resolverAddress } from "../fabric/vpc-router";
import { InstancePort, Wiring } from "../fabric/wiring";
import { userDataOf } from "./user-data-of";

/** A machine before its first boot: its disk, as far as it differs from this machine's, and its user data. */
export interface MachinePlan {
  /** Namespace, and name of the machine. */
  readonly host: string;
  readonly port: InstancePort;
  /** Text by absolute path. */
  readonly files: Readonly<Record<string, string>>;
  readonly unitsOfThisMachine: readonly string[];
  /** Where its user data stands. */
  readonly userDataFile?: string;
}

/** Where cloud-init keeps it. */
const USER_DATA_FILE = "/var/lib/cloud/instance/user-data.txt";

/** The lab's certificate authority, on every machine. */
const CA_FILE = "/etc/pki/lab-ca.pem";

/** What of this machine differs from Amazon Linux 2023, bridged: see docs/lab.md. */
const UNITS = ["systemd-journald.service", "systemd-journald.socket", "squid.service"];

/** `rpm --query` says that all packages are there: those of this machine, which the lab has looked for before. */
const RPM = "#!/bin/sh\nexit 0\n";

const DNF = '#!/bin/sh\necho "dnf: the lab installs nothing, got: $*" >&2\nexit 1\n';

/** `aws s3api get-object`, signed with the role's credentials; TLS and the way to S3 are the machine's own. */
const AWS = `#!/bin/bash
set -euo pipefail
while (($# > 1)); do
  case $1 in --region) region=$2 ;; --bucket) bucket=$2 ;; --key) key=$2 ;; esac
  shift
done
metadata=http://169.254.169.254/latest
token=$(curl --silent --fail --max-time 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token")
get() { curl --silent --fail --max-time 5 -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/$1"; }
role=$(get iam/security-credentials/)
credentials=$(get "iam/security-credentials/$role")
member() { sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p" <<<"$credentials"; }
curl --silent --show-error --fail --max-time 60 --aws-sigv4 "aws:amz:$region:s3" \\
  --user "$(member AccessKeyId):$(member SecretAccessKey)" -H "X-Amz-Security-Token: $(member Token)" \\
  --output "$1" "https://$bucket.s3.$region.amazonaws.com/$key"
`;

/** What machines know of the lab. */
export interface LabFacts {
  /** PEM of the lab's certificate authority. */
  readonly certificateAuthority: string;
  /** Node.js of this machine. */
  readonly node: string;
}

/**
 * Every instance of a plan as a machine.
 *
 * @throws Error when an appliance has no user data: what an AMI brings along is not here, so that nothing would answer
 */
export function machinePlans(wiring: Wiring, { certificateAuthority, node }: LabFacts): readonly MachinePlan[] {
  return wiring.instances.map((port, index) => {
    const { host, role, vpc, instance, addresses } = port;
    const userData = userDataOf(wiring.topology, instance);
    if (role === "appliance" && userData === undefined) {
      throw new Error(
        `lab: ${instance.address} must be set up by its user data, got none, and what its AMI holds runs nowhere but in AWS; ` +
          "npm run review walks a packet through the plan instead",
      );
    }
    return {
      host,
      port,
      unitsOfThisMachine: UNITS,
      ...(userData === undefined ? {} : { userDataFile: USER_DATA_FILE }),
      files: {
        "/etc/machine-id": `${(index + 1).toString(16).padStart(32, "0")}\n`,
        "/etc/hosts": `127.0.0.1 localhost\n${addresses[0] ?? "127.0.0.1"} ${host}\n`,
        "/etc/resolv.conf": `nameserver ${resolverAddress(vpc)}\n`,
        "/etc/systemd/journald.conf": "[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\n",
        "/etc/systemd/system.conf.d/lab.conf": `[Manager]\nDefaultEnvironment=NODE_EXTRA_CA_CERTS=${CA_FILE}\n`,
        "/etc/ssl/certs/ca-certificates.crt": certificateAuthority,
        [CA_FILE]: certificateAuthority,
        "/usr/local/bin/node-24": `#!/bin/sh\nexec ${node} "$@"\n`,
        "/usr/local/bin/rpm": RPM,
        "/usr/local/bin/dnf": DNF,
        "/usr/local/bin/aws": AWS,
        ...(userData === undefined ? {} : { [USER_DATA_FILE]: userData }),
      },
    };
  });
}

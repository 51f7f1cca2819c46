import { spawnSync } from "node:child_process";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { Instance } from "@cdktf/provider-aws/lib/instance";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { ClientVpc } from "../../modules/client-vpc";
import { WEB_SERVER_BOOT_SCRIPT } from "../../modules/internal/web-server-boot-script";
import { Workload, WorkloadProps } from "../../modules/workload";
import { managedPoliciesOf, statementsOf } from "../support/iam";
import { subnetOf } from "../support/route-walk";
import { allowedIn, allowedOut } from "../support/security-group";
import { Synthesized } from "../support/synth";

const synthesize = (props: Partial<WorkloadProps> = {}, zones = ["eu-west-1a"]) =>
  new Synthesized((scope) => {
    const vpc = new ClientVpc(scope, "client", { cidr: "10.1.0.0/24", zones });
    new Workload(scope, "workload", { vpc, ...props });
  });

test("each zone has a client in its workload subnet, with a public address for the internet gateway to translate", () => {
  const zones = ["eu-west-1a", "eu-west-1b"];
  const stack = synthesize({}, zones);
  expect(stack.all(Instance).map((instance) => subnetOf(stack, instance))).toEqual(
    zones.map((zone) => stack.at(Subnet, `client/${zone}/workload-subnet`)),
  );
  for (const { attributes } of stack.all(Instance)) expect(attributes["associate_public_ip_address"]).toBe(true);
});

test("nobody reaches a client by default; what is allowed reaches the web server and gets an answer to pings", () => {
  const closed = synthesize();
  expect(allowedIn(closed, closed.only(SecurityGroup).ref)).toEqual([]);
  const open = synthesize({ inboundCidrs: ["192.0.2.0/24", "2001:db8::/32"] });
  expect(allowedIn(open, open.only(SecurityGroup).ref)).toEqual([
    "icmp -1 from 192.0.2.0/24",
    "icmpv6 -1 from 2001:db8::/32",
    "tcp 443 from 192.0.2.0/24",
    "tcp 443 from 2001:db8::/32",
    "tcp 80 from 192.0.2.0/24",
    "tcp 80 from 2001:db8::/32",
  ]);
});

test("what leaves is the appliance's to decide", () => {
  const stack = synthesize();
  expect(allowedOut(stack, stack.only(SecurityGroup).ref)).toEqual([
    "icmp -1 to 0.0.0.0/0",
    "tcp 0-65535 to 0.0.0.0/0",
    "udp 0-65535 to 0.0.0.0/0",
  ]);
});

test("a client may be managed, and nothing else", () => {
  const stack = synthesize();
  const role = stack.only(IamRole).ref;
  expect(managedPoliciesOf(stack, role)).toEqual(["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]);
  expect(statementsOf(stack, role)).toEqual([]);
});

test("a client's own packets only; tokens for metadata; an encrypted volume", () => {
  expect(synthesize().only(Instance).attributes).toMatchObject({
    source_dest_check: true,
    metadata_options: { http_tokens: "required", http_put_response_hop_limit: 1 },
    root_block_device: { encrypted: true },
  });
});

test("the boot script needs no network, and shellcheck has nothing against it", () => {
  expect(WEB_SERVER_BOOT_SCRIPT).not.toMatch(/dnf|curl|wget/);
  const { status, stdout, error } = spawnSync("shellcheck", ["-"], { input: WEB_SERVER_BOOT_SCRIPT, encoding: "utf8" });
  expect({ status, stdout, error }).toEqual({ status: 0, stdout: "", error: undefined });
});

test("fails with an instance type of another architecture", () => {
  expect(() => synthesize({ architecture: "x86_64" })).toThrow(
    new Error(
      "test/workload: instanceType must be of architecture x86_64, got 't4g.micro', which is arm64; " +
        "use a type like t3.micro, or set architecture to arm64",
    ),
  );
});

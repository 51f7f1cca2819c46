import { join } from "node:path";
import { BpfError } from "./bpf-error";
import { libbpf } from "./libbpf";
import { TestRun } from "./test-run";

/**
 * How the running kernel takes an IPv4 header off an IPv6 packet: by the flag of Linux 6.3, or as before it. A program with
 * the flag loads on every kernel; only running it tells.
 *
 * @param objectDirectory with probe.bpf.o
 */
export function probeIpv6Decap(objectDirectory: string): "flag" | "change-proto" {
  const path = join(objectDirectory, "probe.bpf.o");
  const object = libbpf().bpf_object__open_file(path, null);
  if (!object) throw new BpfError(path, "not a BPF object", "EINVAL", "name the directory of the *.bpf.o files");
  try {
    if (libbpf().bpf_object__load(object) < 0) return "change-proto";
    const program = libbpf().bpf_object__find_program_by_name(object, "ipv6_decap");
    const run = new TestRun(libbpf().bpf_program__fd(program as object));
    return run.run(ipv6InIpv4()).verdict === 0 ? "flag" : "change-proto";
  } finally {
    libbpf().bpf_object__close(object);
  }
}

/** Ethernet, IPv4 (RFC 791), IPv6 (RFC 8200) with 8 bytes that nobody looks at. */
function ipv6InIpv4(): Buffer {
  const ethernet = Buffer.from("0200000000010200000000020800", "hex");
  const ipv4 = Buffer.from("45000044000040004029000000000000ffffffff", "hex");
  const ipv6 = Buffer.alloc(40);
  ipv6.set([0x60, 0, 0, 0, 0, 8, 59, 64]);
  return Buffer.concat([ethernet, ipv4, ipv6, Buffer.alloc(8)]);
}

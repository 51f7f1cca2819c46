import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BpfError } from "../../../appliance-agent/src/datapath/bpf-error";
import { loadProgram } from "../../../appliance-agent/src/datapath/bpf-object";
import { compile } from "../../../tools/build-ebpf/build-ebpf";
import { describeAsRoot, withNamespaces } from "../../support/namespaces";

/** Reads behind the end of the packet for all that the verifier knows. */
const UNSAFE = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("tc") int unsafe(struct __sk_buff *skb) { return *(char *)(long)skb->data; }
char _license[] SEC("license") = "GPL";
`;

describeAsRoot("a program that the kernel refuses", () => {
  test("fails with what the verifier says", async () => {
    await withNamespaces({ hosts: [] }, ({ directory, bpffs }) => {
      writeFileSync(join(directory, "unsafe.bpf.c"), UNSAFE);
      const path = join(directory, "unsafe.bpf.o");
      compile(join(directory, "unsafe.bpf.c"), path);
      const load = () => loadProgram({ path, program: "unsafe", mapDirectory: join(bpffs, "maps") });
      expect(load).toThrow(
        `${path}: load, got EACCES; the kernel's verifier refuses it, 'R1 offset is outside of the packet': report it with the kernel's version`,
      );
      try {
        load();
      } catch (error) {
        expect((error as BpfError).log).toContain("invalid access to packet, off=0 size=1");
      }
    });
  });
});

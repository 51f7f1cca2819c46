import { ARE_COMPILED } from "../end-to-end/compiled-program";

/** Files of tests that run in the guest, and which of their tests: the same ones that jest runs on this machine. */
export interface GuestTests {
  readonly files: readonly string[];
  /** Regular expression for the tests' full names. */
  readonly names: string;
}

/** Where things are, on the machine whose files the guest sees, read-only, as its own. */
export interface GuestPaths {
  /** This repository. */
  readonly root: string;
  /** Path of `node`. */
  readonly node: string;
  /** Unpacked kernel package. */
  readonly modules: string;
  /** Release of the kernel, as `uname -r` says it. */
  readonly release: string;
  /** Program that loads modules, and the directories of its libraries. */
  readonly kmod: string;
  readonly libraries: string;
  /** Script that {@link guestScript} made. */
  readonly script: string;
}

/** Between these lines on the console stands jest's result. */
export const RESULT_MARKS = ["@@RESULT", "@@END"] as const;

/** Modules that make the files of this machine visible in the guest. */
export const EARLY_MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay"] as const;

/**
 * The guest's first program: mounts this machine's files, read-only, with a layer of memory over them for what is
 * written, and goes on there.
 */
export function initScript({ modules, release, script }: GuestPaths): string {
  return `#!/bin/busybox sh
set -e
b=/bin/busybox
$b mkdir -p /host /layer /root
for module in /modules/*; do $b insmod $module; done
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=1048576 host /host
$b mount -t tmpfs layer /layer
$b mkdir /layer/upper /layer/work
$b mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work overlay /root
cd /root
$b mount -t proc proc proc
$b mount -t sysfs sysfs sys
$b mount -t devtmpfs devtmpfs dev
$b mount -t tmpfs run run
$b mkdir -p dev/shm run/netns run/tmp lib/modules
$b mount -t bpf bpf sys/fs/bpf
$b ln -sfn ${modules}/lib/modules/${release} lib/modules/${release}
exec $b switch_root /root /bin/sh ${script}
`;
}

/** The guest's second program: runs the tests, prints jest's result between {@link RESULT_MARKS} and ends the machine. */
export function guestScript(paths: GuestPaths, { files, names }: GuestTests): string {
  const [start, end] = RESULT_MARKS;
  const jest = `${paths.root}/node_modules/jest/bin/jest.js -i --testTimeout 120000 --json --outputFile=/run/result.json`;
  return `export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb CI=1 REQUIRE_ROOT=1 ${ARE_COMPILED}=1
# Not a file system over /tmp: this repository may be below it.
export TMPDIR=/run/tmp
mkdir /run/kmod
ln -s ${paths.kmod} /run/kmod/modprobe
printf '#!/bin/sh\\nLD_LIBRARY_PATH=${paths.libraries} exec /run/kmod/modprobe "$@"\\n' > /run/modprobe
chmod +x /run/modprobe
echo /run/modprobe > /proc/sys/kernel/modprobe
/run/modprobe -a tun veth cls_bpf sch_ingress
ip link set lo up
cd ${paths.root}
echo "@@KERNEL $(uname -r)"
${paths.node} ${jest} -t '${names}' ${files.join(" ")} > /run/log 2>&1 || cat /run/log
echo "${start}"
cat /run/result.json
echo
echo "${end}"
sleep 3 # for the console to have written it
echo o > /proc/sysrq-trigger
read forever
`;
}

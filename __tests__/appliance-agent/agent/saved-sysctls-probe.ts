import { readFileSync } from "node:fs";
import { join } from "node:path";
import { JsonFile } from "../../../appliance-agent/src/agent/json-file";
import { restoreSysctls, savedSysctls, setSysctl } from "../../../appliance-agent/src/agent/saved-sysctls";
import { readSysctl } from "../../../appliance-agent/src/host/sysctl";

const path = join(process.argv[2] ?? "", "saved.json");
const file = new JsonFile(path, savedSysctls);
const NAMES = ["net.ipv4.ip_forward", "net.ipv4.conf.all.rp_filter"];
const values = () => NAMES.map((name) => readSysctl(name));
const set = (name: string, value: string) => setSysctl(file, name, value, readSysctl(name) ?? "");

set("net.ipv4.ip_forward", "1");
set("net.ipv4.conf.all.rp_filter", "1");
set("net.ipv4.conf.all.rp_filter", "0");
const during = values();
restoreSysctls(file);
process.stdout.write(JSON.stringify([during, values(), Object.keys(JSON.parse(readFileSync(path, "utf8")) as object)]));

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ARCHIVE_KEYRING, debianSources, INDEX_TARGET_FORMAT } from "./debian-sources";
import { run } from "./run";

/** Debian's packages, fetched and verified by apt with lists of its own, unpacked beside the system, not into it. */
export class PackageCache {
  private readonly environment: NodeJS.ProcessEnv;
  private listed = false;

  /** @param directory kept from run to run; removing it fetches everything anew */
  constructor(private readonly directory: string) {
    this.environment = { ...process.env, LC_ALL: "C", APT_CONFIG: join(directory, "apt.conf") };
  }

  /** Newest version of the package that a meta-package stands for, as `linux-image-6.12-amd64`. */
  dependencyOf(metaPackage: string): string {
    this.list();
    const text = this.apt("apt-cache", "depends", metaPackage);
    const [, name] = /^\s*Depends: (\S+)$/m.exec(text) ?? [];
    if (name === undefined) throw new Error(`kernels: no package behind ${metaPackage}, got '${text.trim()}'`);
    return name;
  }

  /**
   * Unpacks packages, and of what they need what this machine does not have.
   *
   * @param name of the directory, which is made once
   * @returns path of that directory
   */
  unpacked(name: string, packages: () => readonly string[], dependencies: "with" | "without"): string {
    const target = join(this.directory, name);
    if (existsSync(join(target, ".complete"))) return target;
    rmSync(target, { recursive: true, force: true });
    const archives = join(this.directory, `${name}.archives`);
    rmSync(archives, { recursive: true, force: true });
    mkdirSync(join(archives, "partial"), { recursive: true });
    this.list();
    if (dependencies === "without") {
      run("apt-get", ["-qq", "download", ...packages()], { cwd: archives, env: this.environment });
    } else {
      const only = ["--download-only", "--reinstall", "--no-install-recommends", "-t", "bookworm-backports"];
      this.apt("apt-get", "-qq", "-o", `Dir::Cache::Archives=${archives}`, "install", "-y", ...only, ...packages());
    }
    mkdirSync(target, { recursive: true });
    for (const file of readdirSync(archives).filter((entry) => entry.endsWith(".deb")))
      run("dpkg-deb", ["-x", join(archives, file), target]);
    rmSync(archives, { recursive: true });
    writeFileSync(join(target, ".complete"), "");
    return target;
  }

  /** Reads the mirrors' lists, once a run and only when something is to be fetched. */
  private list(): void {
    if (this.listed) return;
    if (!existsSync(ARCHIVE_KEYRING))
      throw new Error(`kernels: needs ${ARCHIVE_KEYRING}, got no such file; install debian-archive-keyring`);
    const format = ["indextargets", "--format", INDEX_TARGET_FORMAT, "Created-By: Packages"];
    const sources = debianSources(run("apt-get", format).toString());
    mkdirSync(join(this.directory, "lists", "partial"), { recursive: true });
    writeFileSync(join(this.directory, "sources.list"), `${sources.join("\n")}\n`);
    const settings = {
      "Dir::Etc::SourceList": join(this.directory, "sources.list"),
      "Dir::Etc::SourceParts": "/dev/null",
      "Dir::State::Lists": join(this.directory, "lists"),
      "Debug::NoLocking": "1",
      "APT::Sandbox::User": "",
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`);
    writeFileSync(join(this.directory, "apt.conf"), lines.join(""));
    this.apt("apt-get", "-qq", "update");
    this.listed = true;
  }

  private apt(program: string, ...parameters: string[]): string {
    return run(program, parameters, { env: this.environment }).toString();
  }
}

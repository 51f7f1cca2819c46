/** Signs every package of Debian's archive; from the package debian-archive-keyring. */
export const ARCHIVE_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Format of `apt-get indextargets` that {@link debianSources} reads. */
export const INDEX_TARGET_FORMAT = "$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)";

/** Debian 12, whose kernel is 6.1 and whose backports have 6.12 and a QEMU that runs both. */
const CODENAME = "bookworm";

/**
 * Package sources for kernels and QEMU, from the same mirrors that this machine's apt already uses.
 *
 * @param indexTargets lines of {@link INDEX_TARGET_FORMAT}
 * @returns lines of a sources.list
 * @throws Error when this machine's apt has no Debian 12
 */
export function debianSources(indexTargets: string): string[] {
  const targets = indexTargets
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([uri, , component, origin]) => uri && component === "main" && origin === "Debian");
  const mirrorOf = (codename: string) => targets.find(([, name]) => name === codename)?.[0];
  const mirror = mirrorOf(CODENAME);
  const security = mirrorOf(`${CODENAME}-security`);
  if (mirror === undefined || security === undefined) {
    const found = [...new Set(targets.map(([, name]) => name))].join(", ") || "none of Debian";
    throw new Error(
      `kernels: needs apt sources of Debian 12 (${CODENAME} and ${CODENAME}-security), got ${found}; ` +
        "run it on Debian 12, or in a container of it",
    );
  }
  return [
    [mirror, CODENAME],
    [security, `${CODENAME}-security`],
    [mirror, `${CODENAME}-backports`],
  ].map(([uri, suite]) => `deb [signed-by=${ARCHIVE_KEYRING}] ${uri} ${suite} main`);
}

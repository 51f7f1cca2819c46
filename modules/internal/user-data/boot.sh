# shellcheck shell=bash
# Installs the agent on Amazon Linux 2023 and starts it, or says why not and starts nothing.
# Safe to run again, and after an interruption at any point: every step leaves the old state or the new one.
set -euo pipefail
umask 022

readonly PREFIX=/opt/gwlb-agent ETC=/etc/gwlb-agent STATE=/var/lib/gwlb-agent
readonly ATTEMPTS=6

# cloud-init copies standard output to the instance's console and to /var/log/cloud-init-output.log.
log() { printf 'gwlb-agent boot: %s\n' "$*"; }

fail() {
  log "FAILED: $*"
  exit 1
}

# retry WHAT COMMAND...: about five minutes in all, for a network, a role or a repository that is not there yet.
retry() {
  local what=$1 attempt
  shift
  for ((attempt = 1; attempt <= ATTEMPTS; attempt++)); do
    if "$@"; then return; fi
    log "$what: attempt $attempt of $ATTEMPTS failed"
    if ((attempt < ATTEMPTS)); then sleep $((attempt * 20)); fi
  done
  fail "$what: gave up after $ATTEMPTS attempts"
}

install_packages() {
  if rpm --query --quiet "${PACKAGES[@]}"; then return; fi
  retry "dnf install ${PACKAGES[*]}" dnf --assumeyes --quiet --setopt=install_weak_deps=False install "${PACKAGES[@]}"
}

# fetch BUCKET KEY FILE
fetch() {
  retry "s3://$1/$2" aws s3api get-object --region "$REGION" --bucket "$1" --key "$2" "$3" >/dev/null
}

# install_program DIRECTORY: the archive's content in DIRECTORY, and only if the archive is the one that was built.
install_program() {
  local archive=$WORK/gwlb-agent.tar content=$WORK/content actual
  fetch "$PROGRAM_BUCKET" "$PROGRAM_KEY" "$archive"
  actual=$(sha256sum "$archive" | cut --delimiter=' ' --fields=1)
  if [[ $actual != "$PROGRAM_SHA256" ]]; then
    fail "s3://$PROGRAM_BUCKET/$PROGRAM_KEY has SHA-256 $actual, expected $PROGRAM_SHA256; not installed, nothing started"
  fi
  mkdir "$content"
  tar --extract --file "$archive" --directory "$content" --no-same-owner --no-same-permissions
  # On disk before it has its name: after a power failure a directory with this name is complete.
  sync --file-system "$content"
  mv --no-target-directory "$content" "$1"
}

# replace_link TARGET LINK: never a moment without LINK.
replace_link() {
  ln --symbolic --force --no-dereference "$1" "$2.new"
  mv --no-target-directory "$2.new" "$2"
}

log "started, program $PROGRAM_SHA256"
mkdir --parents "$PREFIX" "$ETC" "$STATE"
WORK=$(mktemp --directory "$PREFIX/.boot.XXXXXX")
readonly WORK
trap 'rm --recursive --force "$WORK"' EXIT
trap 'log "FAILED: line $LINENO: $BASH_COMMAND"' ERR

install_packages
log "installed ${PACKAGES[*]}"

readonly PROGRAM=$PREFIX/$PROGRAM_SHA256
if [[ ! -d $PROGRAM ]]; then install_program "$PROGRAM"; fi
log "verified the program"

fetch "$CONFIGURATION_BUCKET" "$CONFIGURATION_KEY" "$WORK/configuration"
mv "$WORK/configuration" "$ETC/$CONFIGURATION_FILE"
cat >"$WORK/environment" <<EOF
AWS_REGION=$REGION
CONFIGURATION_S3=s3://$CONFIGURATION_BUCKET/$CONFIGURATION_KEY
EOF
mv "$WORK/environment" "$ETC/environment"
log "stored the configuration"

replace_link "$PROGRAM_SHA256" "$PREFIX/current"
replace_link "$PREFIX/current/bin/gwlb-agent" /usr/local/bin/gwlb-agent
install --mode=0644 --target-directory=/etc/systemd/system "$PREFIX/current/systemd/"*.service
systemctl daemon-reload
systemctl enable "${UNITS[@]}"
systemctl restart "${UNITS[@]}"
log "done: ${UNITS[*]} running"

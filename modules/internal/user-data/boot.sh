set -Eeuo pipefail
umask 022

readonly PREFIX=/opt/gwlb-agent ETC=/etc/gwlb-agent
readonly ATTEMPTS=6

# cloud-init copies the output to the instance's console and to /var/log/cloud-init-output.log.
log() { printf 'gwlb-agent boot: %s\n' "$*"; }

fail() {
  log "FAILED: $*"
  exit 1
}

# retry WHAT COMMAND...: five minutes in all, for a network, a role or a repository that is not there yet.
retry() {
  local what=$1 attempt
  shift
  for ((attempt = 1; attempt <= ATTEMPTS; attempt++)); do
    if "$@"; then return; fi
    log "$what: attempt $attempt of $ATTEMPTS failed"
    if ((attempt < ATTEMPTS)); then sleep $((attempt * 20)); fi
  done
  fail "$what: gave up after $ATTEMPTS attempts; nothing started"
}

# put FILE: standard input becomes FILE, all of it or nothing.
put() {
  cat >"$1.new"
  chmod 0644 "$1.new"
  mv --no-target-directory "$1.new" "$1"
}

# link TARGET LINK: never a moment without LINK.
link() {
  ln --symbolic --force --no-target-directory "$1" "$2.new"
  mv --no-target-directory "$2.new" "$2"
}

install_packages() {
  if rpm --query --quiet --whatprovides "${PACKAGES[@]}" >/dev/null; then return; fi
  retry "dnf install ${PACKAGES[*]}" dnf --assumeyes --quiet --setopt=install_weak_deps=False install "${PACKAGES[@]}"
}

# fetch BUCKET KEY FILE
fetch() { retry "fetch s3://$1/$2" get_object "$@"; }
get_object() { aws s3api get-object --region "$REGION" --bucket "$1" --key "$2" "$3" >/dev/null; }

# install_program DIRECTORY: the archive's content in DIRECTORY, if the archive is the one that was deployed.
install_program() {
  local archive=$WORK/gwlb-agent.tar content=$WORK/content actual
  fetch "$PROGRAM_BUCKET" "$PROGRAM_KEY" "$archive"
  actual=$(sha256sum <"$archive")
  if [[ ${actual%% *} != "$PROGRAM_SHA256" ]]; then
    fail "s3://$PROGRAM_BUCKET/$PROGRAM_KEY: SHA-256 is ${actual%% *}, expected $PROGRAM_SHA256; not installed, nothing started"
  fi
  mkdir "$content"
  tar --extract --file "$archive" --directory "$content" --no-same-owner --no-same-permissions
  # On disk before it has its name, so that after a power failure a directory with this name is complete.
  sync --file-system "$content"
  mv --no-target-directory "$content" "$1"
}

log "installs program $PROGRAM_SHA256 and s3://$CONFIGURATION_BUCKET/$CONFIGURATION_KEY"
trap 'log "FAILED: exit status $? of: $BASH_COMMAND"' ERR
mkdir --parents "$PREFIX" "$ETC" /usr/local/bin
rm --recursive --force "$PREFIX"/.boot.* # of a run that was interrupted
WORK=$(mktemp --directory "$PREFIX/.boot.XXXXXX")
readonly WORK
trap 'rm --recursive --force "$WORK"' EXIT

install_packages
log "has the packages ${PACKAGES[*]}"

readonly PROGRAM=$PREFIX/$PROGRAM_SHA256
if [[ ! -d $PROGRAM ]]; then install_program "$PROGRAM"; fi
log "has the program, SHA-256 verified"

fetch "$CONFIGURATION_BUCKET" "$CONFIGURATION_KEY" "$WORK/configuration"
put "$ETC/$CONFIGURATION_FILE" <"$WORK/configuration"
put "$ETC/environment" <<EOF
AWS_REGION=$REGION
CONFIGURATION_S3=s3://$CONFIGURATION_BUCKET/$CONFIGURATION_KEY
EOF
put_files
log "has the configuration"

cp --recursive "$PROGRAM/systemd/$ROLE/." /
link "$PROGRAM_SHA256" "$PREFIX/current"
link "$PREFIX/current/bin/gwlb-agent" /usr/local/bin/gwlb-agent
systemd-sysusers
systemctl daemon-reload
systemctl enable "${UNITS[@]}"
if ! systemctl restart "${UNITS[@]}"; then
  systemctl status --no-pager --full --lines=30 "${UNITS[@]}" || true
  fail "${UNITS[*]}: enabled, but not started; systemd goes on trying"
fi
log "done: ${UNITS[*]} enabled and started"

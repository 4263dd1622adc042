#!/bin/sh
# Installs Umbilical as a service: account, program, configuration, unit. Safe to run again: it then updates the program
# and leaves what you wrote alone. Nothing here needs bash, Ansible or a compiler.
set -eu

PREFIX=/opt/umbilical
CONFIG_FOLDER=/etc/umbilical
STATE_FOLDER=/var/lib/umbilical
CACHE_FOLDER=/var/cache/umbilical
LOG_FOLDER=/var/log/umbilical
UNIT_FOLDER=/etc/systemd/system
LINK_FOLDER=/usr/local/bin
COMPLETION_FOLDER=/usr/local/share/bash-completion/completions
ACCOUNT=umbilical
MARK=.installed-by-umbilical
FREE_KIB=1500000

usage() {
    cat <<EOF
Usage: install.sh [OPTIONS]

  Install Umbilical as a systemd service, or update it. Run it again at any time.

Options:
  --interface NAME    watch this interface (written into a new configuration only; may be given several times)
  --source WHAT       wheel, folder or name to install; by default the checkout that this script is in
  --extras LIST       optional parts, with commas (default: sandbox), '' for none
  --python PROGRAM    Python 3.11 or later (default: the newest that is found)
  --prefix FOLDER     where the program goes (default: $PREFIX)
  --completion        also install completion for bash
  --no-start          do not start the service
  --destdir FOLDER    put everything below FOLDER; no account is made and no service is touched
  --dry-run           say what would be done, and do nothing
  --uninstall         remove program and unit; configuration, state and account stay
  --purge             with --uninstall: remove those, too
  -h, --help          this text

Examples:
  sudo deploy/install.sh --interface eth1
  sudo deploy/install.sh --source umbilical-1.0-py3-none-any.whl --no-start
  sudo deploy/install.sh --uninstall

Exit status: 0 done, 1 something failed on the way, 2 refused: nothing was changed.
EOF
}

say() { printf 'install.sh: %s\n' "$*" >&2; }
refuse() { say "$*"; exit 2; }

# Every change goes through here, so that --dry-run shows all of them.
run() {
    if [ "$dry_run" = yes ]; then
        printf 'would run: %s\n' "$*"
    else
        "$@"
    fi
}

# Writes standard input to a file as a whole; an interrupted run leaves the old one.
put() {
    put_mode=$1 put_path=$2
    if [ "$dry_run" = yes ]; then
        cat >/dev/null
        printf 'would write: %s\n' "$put_path"
        return
    fi
    put_new=$put_path.new.$$
    cat >"$put_new"
    chmod "$put_mode" "$put_new"
    mv -f "$put_new" "$put_path"
}

destdir='' source_='' extras=sandbox python='' interfaces=''
start=yes completion=no dry_run=no uninstall=no purge=no

parse() {
    while [ $# -gt 0 ]; do
        case $1 in
        --interface | --source | --extras | --python | --prefix | --destdir)
            [ $# -ge 2 ] || refuse "$1 needs a value (see: install.sh --help)"
            case $1 in
            --interface) add_interface "$2" ;;
            --source) source_=$2 ;;
            --extras) extras=$2 ;;
            --python) python=$2 ;;
            --prefix) PREFIX=$2 ;;
            --destdir) destdir=${2%/} ;;
            esac
            shift
            ;;
        --completion) completion=yes ;;
        --no-start) start=no ;;
        --dry-run) dry_run=yes ;;
        --uninstall) uninstall=yes ;;
        --purge) purge=yes ;;
        -h | --help) usage; exit 0 ;;
        *) refuse "unknown option '$1' (see: install.sh --help)" ;;
        esac
        shift
    done
}

add_interface() {
    case $1 in
    '' | *[!A-Za-z0-9._@-]* | ????????????????*) refuse "'$1' is not the name of an interface (see: ip -brief link)" ;;
    esac
    interfaces="$interfaces${interfaces:+, }\"$1\""
    if [ -z "$destdir" ] && [ -d /sys/class/net ] && [ ! -e "/sys/class/net/$1" ]; then
        say "note: there is no interface $1 on this host now"
    fi
}

# What would go wrong later is refused before anything is changed.
check() {
    [ "$(uname -s)" = Linux ] || refuse "only Linux has the packet rings and systemd; elsewhere: pip install umbilical"
    case $PREFIX in
    /*) ;;
    *) refuse "--prefix needs a whole path" ;;
    esac
    case $PREFIX in
    / | /usr | /usr/local | /opt | /etc | /var | /home | /root | /bin | /lib | *..* | *[!A-Za-z0-9._/-]*)
        refuse "$PREFIX: not a folder of its own; leave --prefix out, or name one such as /opt/umbilical" ;;
    /home/* | /root/* | /tmp/* | /run/user/*)
        refuse "$PREFIX: the service cannot read below there (ProtectHome, PrivateTmp); name one such as /opt/umbilical" ;;
    esac
    if [ -n "$destdir" ]; then
        [ -d "$destdir" ] || refuse "$destdir: no such folder"
    elif [ "$dry_run" = no ] && [ "$(id -u)" -ne 0 ]; then
        refuse "run as root: sudo $0 $arguments"
    fi
    if [ -e "$destdir$PREFIX" ] && [ ! -e "$destdir$PREFIX/$MARK" ] && [ -n "$(ls -A "$destdir$PREFIX")" ]; then
        refuse "$destdir$PREFIX: there is something that this script did not put there; name another --prefix"
    fi
}

check_install() {
    [ "$purge" = no ] || refuse "--purge goes with --uninstall"
    find_python
    find_source
    near=$destdir$PREFIX
    while [ ! -e "$near" ]; do near=$(dirname "$near"); done
    free=$(df -Pk "$near" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$FREE_KIB" ] || refuse "$near: only $((free / 1024)) MiB free, $((FREE_KIB / 1024)) are needed"
}

find_python() {
    if [ -n "$python" ]; then
        is_python "$python" || refuse "$python: not Python 3.11 or later with its venv module"
        is_for_all "$python" || refuse "$python: lies in somebody's home, where the service cannot read; name another"
        return
    fi
    for candidate in python3.14 python3.13 python3.12 python3.11 python3 /usr/bin/python3 /usr/local/bin/python3; do
        if is_python "$candidate" && is_for_all "$candidate"; then
            python=$(command -v "$candidate")
            return
        fi
    done
    refuse "no Python 3.11 or later with its venv module; on Debian and Ubuntu: apt install python3-venv"
}

is_python() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# A venv points at the interpreter it was made with; one in somebody's home is out of the service's reach.
is_for_all() {
    [ -z "$destdir" ] || return 0
    case $("$1" -c 'import sys; print(sys.base_prefix)') in
    /home/* | /root/*) return 1 ;;
    esac
}

find_source() {
    [ -z "$source_" ] || {
        case $source_ in
        */* | *.whl) [ -e "$source_" ] || refuse "$source_: no such file or folder" ;;
        esac
        return 0
    }
    here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
    if [ -f "$here/../pyproject.toml" ]; then
        source_=$(CDPATH='' cd -- "$here/.." && pwd)
    else
        source_=umbilical
    fi
}

make_account() {
    [ -z "$destdir" ] || return 0
    if ! getent group "$ACCOUNT" >/dev/null; then
        run groupadd --system "$ACCOUNT"
    fi
    if ! getent passwd "$ACCOUNT" >/dev/null; then
        run useradd --system --gid "$ACCOUNT" --no-create-home --home-dir "$STATE_FOLDER" \
            --shell /usr/sbin/nologin --comment "Umbilical sensor" "$ACCOUNT"
    fi
}

install_program() {
    venv=$destdir$PREFIX
    run mkdir -p "$venv"
    run touch "$venv/$MARK"
    if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
        run "$python" -m venv --clear "$venv"
        run touch "$venv/$MARK"
    fi
    wanted=$source_
    [ -z "$extras" ] || wanted="${source_}[$extras]"
    set -- --quiet --disable-pip-version-check --upgrade
    # What this release was tested with, where the checkout says so.
    if [ -d "$source_" ] && [ -f "$source_/constraints.txt" ]; then
        set -- "$@" --constraint "$source_/constraints.txt"
    fi
    # A folder may have changed without a new version number.
    if [ -e "$source_" ]; then
        run "$venv/bin/python" -m pip install "$@" --force-reinstall --no-deps "$source_"
    fi
    run "$venv/bin/python" -m pip install "$@" "$wanted"
    run chmod -R go+rX,go-w "$venv"
    run mkdir -p "$destdir$LINK_FOLDER"
    run ln -sfn "$PREFIX/bin/umbilical" "$destdir$LINK_FOLDER/umbilical"
}

install_config() {
    folder=$destdir$CONFIG_FOLDER
    run mkdir -p "$folder"
    text=$(example)
    printf '%s\n' "$text" | put 0644 "$folder/umbilical.toml.example"
    if [ -e "$folder/umbilical.toml" ]; then
        [ -z "$interfaces" ] || say "note: $folder/umbilical.toml is yours; --interface was not written into it"
    else
        configuration | put 0640 "$folder/umbilical.toml"
    fi
    if [ -z "$destdir" ]; then
        run chown "root:$ACCOUNT" "$folder" "$folder/umbilical.toml"
        run chmod 0750 "$folder"
    fi
}

example() {
    if [ "$dry_run" = no ]; then
        "$destdir$PREFIX/bin/umbilical" check-config --example
    fi
}

# Short on purpose: what is not here has its default, and the example beside it tells them all.
configuration() {
    cat <<EOF
# The site's configuration. Every key, with its default: umbilical.toml.example
# Check it with: umbilical check-config $CONFIG_FOLDER/umbilical.toml
# Take it into use with: systemctl reload umbilical

[sensor]
interfaces = [$interfaces]

# Where 'umbilical signatures update' and 'umbilical geoip update' put things, whoever calls them with --config.
[catalog]
pack_folder = "$STATE_FOLDER/signatures"

[geoip]
folder = "$STATE_FOLDER/geoip"
EOF
}

install_unit() {
    run mkdir -p "$destdir$UNIT_FOLDER"
    here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
    unit=$here/systemd/umbilical.service
    [ -f "$unit" ] || refuse "$unit: is missing beside this script"
    sed "s#/opt/umbilical/bin/umbilical#$PREFIX/bin/umbilical#" "$unit" | put 0644 "$destdir$UNIT_FOLDER/umbilical.service"
    if [ "$completion" = yes ]; then
        run mkdir -p "$destdir$COMPLETION_FOLDER"
        text=$(complete_bash)
        printf '%s\n' "$text" | put 0644 "$destdir$COMPLETION_FOLDER/umbilical"
    fi
}

complete_bash() {
    if [ "$dry_run" = no ]; then
        _UMBILICAL_COMPLETE=source_bash "$destdir$PREFIX/bin/umbilical"
    fi
}

has_systemd() { [ -z "$destdir" ] && [ -d /run/systemd/system ]; }

start_service() {
    if ! has_systemd; then
        [ -n "$destdir" ] || say "systemd does not run here; start it by hand: umbilical watch --config $CONFIG_FOLDER/umbilical.toml"
        return 0
    fi
    run systemctl daemon-reload
    if [ "$start" = no ]; then
        say "installed; start it with: systemctl enable --now umbilical"
    elif [ "$dry_run" = no ] && ! grep -Eq '^[[:space:]]*interfaces[[:space:]]*=[[:space:]]*\[[[:space:]]*"' \
        "$CONFIG_FOLDER/umbilical.toml"; then
        say "installed; name an interface in $CONFIG_FOLDER/umbilical.toml, then: systemctl enable --now umbilical"
    else
        run systemctl enable umbilical
        run systemctl restart umbilical
        say "running; see: systemctl status umbilical, and: umbilical doctor"
    fi
}

remove() {
    if has_systemd; then
        run systemctl disable --now umbilical 2>/dev/null || true
    fi
    run rm -f "$destdir$UNIT_FOLDER/umbilical.service" "$destdir$COMPLETION_FOLDER/umbilical"
    if [ "$(readlink "$destdir$LINK_FOLDER/umbilical" 2>/dev/null)" = "$PREFIX/bin/umbilical" ]; then
        run rm -f "$destdir$LINK_FOLDER/umbilical"
    fi
    if [ -e "$destdir$PREFIX/$MARK" ]; then
        run rm -rf "$destdir$PREFIX"
    fi
    run rm -rf "$destdir$CACHE_FOLDER"
    if [ "$purge" = yes ]; then
        run rm -rf "$destdir$CONFIG_FOLDER" "$destdir$STATE_FOLDER" "$destdir$LOG_FOLDER"
    fi
    if [ -z "$destdir" ] && [ "$purge" = yes ] && getent passwd "$ACCOUNT" >/dev/null; then
        run userdel "$ACCOUNT"
    fi
    if has_systemd; then
        run systemctl daemon-reload
    fi
    [ "$purge" = yes ] || say "removed; $destdir$CONFIG_FOLDER and $destdir$STATE_FOLDER stay (--purge removes them)"
}

arguments=$*
parse "$@"
check
if [ "$uninstall" = yes ]; then
    remove
    exit 0
fi
check_install
[ -f "$(dirname -- "$0")/systemd/umbilical.service" ] || refuse "systemd/umbilical.service is missing beside this script"
make_account
install_program
install_config
if [ "$dry_run" = no ]; then
    "$destdir$PREFIX/bin/umbilical" check-config --quiet "$destdir$CONFIG_FOLDER/umbilical.toml"
fi
install_unit
start_service

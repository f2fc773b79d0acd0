# Shared by packaging/run and packaging/test. Sourced, not run.

# Prints the packages of the given lists that are missing here.
missing_packages() {
    local list package command
    for list in "$@"; do
        while read -r package command; do
            case "$package" in '' | '#'*) continue ;; esac
            if [ -n "$command" ] && command -v "$command" >/dev/null 2>&1; then continue; fi
            dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
                printf '%s\n' "$package"
        done <"$list"
    done
}

# Installs what is missing from Debian packages, as root or through sudo.
install_packages() {
    local missing as_root=()
    missing=$(missing_packages "$@" | sort -u)
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        printf 'These packages are missing, and there is no apt-get to install them:\n%s\n' "$missing" >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null 2>&1; then
            printf 'These packages are missing:\n%s\nInstall them as root, or install sudo.\n' "$missing" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    printf 'Installing: %s\n' "$(echo $missing)"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # shellcheck disable=SC2086  # one word a package is what is meant
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends $missing
}

# build DIRECTORY [cmake options]: configures when needed, then builds what changed.
build() {
    local directory=$1
    shift
    cmake -S "$root" -B "$directory" -G Ninja "$@" >"$directory.configure.log" 2>&1 || {
        cat "$directory.configure.log" >&2
        return 1
    }
    rm -f "$directory.configure.log"
    cmake --build "$directory"
}

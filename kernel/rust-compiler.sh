#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Finds the Rust compiler for the module and prints its path and the path of its
# library source; says in words what to install when there is none.
#
#   rust-compiler.sh            the first that serves: the distribution's, else
#                               that on the path
#   rust-compiler.sh RUSTC      only this one
#   rust-compiler.sh --least    the least version that serves, and nothing else
#
# Asked by the Makefile, by DKMS before it builds, and by `cargo xtask`.
set -u

# 1.85 is the first with the 2024 edition, in which the module is written.
least=1.85

if [ "${1-}" = --least ]; then
    echo "$least"
    exit
fi

# The path of the library source beside the compiler $1, if it is installed.
library() {
    core=$("$1" --print sysroot)/lib/rustlib/src/rust/library/core
    [ -f "$core/src/lib.rs" ] && echo "$core"
}

found=
for rustc in ${1:-/usr/bin/rustc rustc}; do
    # `rustc 1.85.0 (4d91de4e4 2025-02-17)`
    version=$("$rustc" --version 2>/dev/null | cut -d ' ' -f 2)
    minor=$(echo "$version" | sed -n 's/^1\.\([0-9][0-9]*\)\..*/\1/p')
    if [ -z "$minor" ]; then
        continue
    elif [ "$minor" -lt "${least#1.}" ]; then
        found="$found
  $rustc is version $version: too old"
    elif ! core=$(library "$rustc"); then
        found="$found
  $rustc (version $version) has no library source beside it"
    else
        echo "$rustc $core"
        exit
    fi
done

cat >&2 <<EOF
The Rust half of the sysbatch module needs rustc $least or later with its library
source. Of what is on this machine none serves:${found:-
  there is no rustc}
Install one, as root, after \`apt-get update\`:
  Debian 12 (suites bookworm and bookworm-security): apt-get install rustc-web rust-web-src
  Debian 13 (suite trixie):                          apt-get install rustc-web rust-web-src
With rustup, without root: rustup component add rust-src
Or name another compiler: make RUSTC=/path/to/rustc
EOF
exit 1

//! What is typed of the Debian packages, once they are built: each a script, which
//! ends at the first command that fails.

/// Installs them as a user does, with the headers of a kernel. What runs is the
/// kernel of another machine: whether DKMS builds for the other by itself is its own
/// affair.
pub(super) const INSTALL: &str = "set -e
ls -l target/debian
apt-get install --yes --no-install-recommends linux-headers-cloud-amd64 pkg-config man-db \\
    ./target/debian/*.deb";

/// Has the module built, makes a program with the library, and tries the command.
pub(super) const USE: &str = r#"set -e
cd /
for folder in /lib/modules/*-amd64; do
    kernel=$(basename "$folder")
    dkms install sysbatch/0.1.0 -k "$kernel"
    module=$(find "$folder/updates/dkms" -name 'sysbatch.ko*')
    case $(modinfo -F vermagic "$module") in "$kernel "*) ;; *) exit 1 ;; esac
    modinfo -F license "$module"
done
examples=/usr/share/doc/libsysbatch-dev/examples
gcc -o /tmp/shared $examples/read-file.c $(pkg-config --cflags --libs sysbatch)
/tmp/shared /etc/debian_version
ldd /tmp/shared | grep libsysbatch.so.0
gcc -static -o /tmp/static $examples/read-file.c $(pkg-config --static --cflags --libs sysbatch)
/tmp/static /etc/debian_version
ls -lL /usr/lib/*/libsysbatch.*
if readelf --wide --sections /usr/lib/*/libsysbatch.so.0 | grep -E '[.](debug_|symtab)'; then exit 1; fi
sysbatch --version
sysbatch run /usr/share/doc/sysbatch/examples/hello.sb
sysbatch du --summarize /usr/include
bash -ec '. /usr/share/bash-completion/completions/sysbatch
    COMP_WORDS=(sysbatch du --thr) COMP_CWORD=2
    _sysbatch sysbatch --thr du
    printf "%s\n" "${COMPREPLY[@]}" | grep -x -e --threads'
grep '^#compdef sysbatch' /usr/share/zsh/vendor-completions/_sysbatch
grep --max-count 1 'complete -c sysbatch' /usr/share/fish/vendor_completions.d/sysbatch.fish
test -s /usr/share/doc/sysbatch/examples/60-sysbatch.rules
test -s /usr/share/doc/sysbatch/examples/modules-load.conf
dpkg --listfiles sysbatch sysbatch-dkms libsysbatch-dev |
    sed -n 's#.*/man\([0-9]\)/\(.*\)[.][0-9][.]gz$#\1 \2#p' >/tmp/pages
for section in 1 3 4 7; do grep -x "$section sysbatch" /tmp/pages; done
while read -r section name; do man --where "$section" "$name"; done </tmp/pages
echo all of it works"#;

/// Boots the kernel of the headers with the module that DKMS has built for them, and
/// tries the command and the program there.
pub(super) const BOOT: &str = r#"set -e
kernel=$(basename /lib/modules/*-cloud-amd64)
module=$(find "/lib/modules/$kernel/updates/dkms" -name 'sysbatch.ko*')
case $module in
    *.xz) xz --decompress --stdout "$module" ;;
    *) cat "$module" ;;
esac >/tmp/sysbatch.ko
{ ldd /usr/bin/sysbatch; ldd /tmp/shared; } | grep -o '/[^ ]*' | sort -u >/tmp/libraries
cat >/tmp/script <<'end'
set -e
grep '^sysbatch ' /proc/modules
sysbatch doctor
sysbatch run /hello.sb >/tmp/output 2>&1
cat /tmp/output
grep -q 'backend kernel' /tmp/output
read-file /script
end
cargo xtask vm --kernel "$(echo "$kernel" | cut -d . -f 1,2)" --module /tmp/sysbatch.ko \
    --file /usr/bin/sysbatch:/bin/sysbatch --file /tmp/shared:/bin/read-file \
    --file /usr/share/doc/sysbatch/examples/hello.sb:/hello.sb --file /tmp/script:/script \
    $(sed 's/.*/--file &:&/' /tmp/libraries) -- sh /script
echo "it works in Linux $kernel"
"#;

/// Builds newer packages and puts them in the place of the others.
pub(super) const UPGRADE: &str = r#"set -e
cargo xtask package --local next --no-lintian
apt-get install --yes --no-install-recommends ./target/debian/*.deb
for package in sysbatch sysbatch-dkms libsysbatch0 libsysbatch-dev; do
    test "$(dpkg-query --show --showformat='${Version}' $package)" = 0.1.0+next
done
if dkms status | grep -F 'sysbatch/0.1.0,'; then exit 1; fi
test ! -e /usr/src/sysbatch-0.1.0
for folder in /lib/modules/*-amd64; do
    dkms install sysbatch/0.1.0+next -k "$(basename "$folder")"
done
dkms status | grep -F 'sysbatch/0.1.0+next'
/tmp/shared /etc/debian_version
sysbatch run /usr/share/doc/sysbatch/examples/hello.sb
echo the newer one works"#;

/// Takes all of them away.
pub(super) const REMOVE: &str = r#"set -e
packages=$(dpkg-query --show --showformat='${Package} ' '*sysbatch*')
apt-get remove --yes $packages
if command -v sysbatch; then exit 1; fi
if dkms status | grep sysbatch; then exit 1; fi
if grep sysbatch /lib/modules/*/modules.dep; then exit 1; fi
if ldconfig --print-cache | grep sysbatch; then exit 1; fi
if man --where 3 sysbatch; then exit 1; fi
dpkg --purge $packages
if dpkg-query --show '*sysbatch*'; then exit 1; fi
left=$(find /etc /usr /lib/modules /var/lib -name '*sysbatch*' -not -path '/var/lib/apt/*')
test -z "$left" || { echo "$left"; exit 1; }
echo nothing of it is left"#;

#[cfg(test)]
mod tests {
    use super::{UPGRADE, USE};

    #[test]
    fn the_version_is_of_this_project() {
        let version = env!("CARGO_PKG_VERSION");
        for script in [USE, UPGRADE] {
            assert!(script.contains(version), "{script}");
        }
    }
}

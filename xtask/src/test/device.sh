# The device is there for everyone, and nothing holds the module.
set -e
test -c /dev/sysbatch
test "$(stat -c %a /dev/sysbatch)" = 666
grep -q '^sysbatch [0-9]* 0 ' /proc/modules

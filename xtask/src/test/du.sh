# A walk over a disk that nothing has been read of yet waits in many sub-calls,
# and its totals are those of coreutils, whatever is counted and on either
# backend.
set -e
for backend in kernel user; do
    for what in '-s -B1' '-s -b' '-B1 --max-depth=2'; do
        echo 3 > /proc/sys/vm/drop_caches
        SYSBATCH_BACKEND=$backend sysbatch du --stats $what /disk > batched 2> statistics
        cat statistics
        grep -q "\"backend\":\"$backend\"" statistics
        /coreutils/du $what /disk > expected
        diff expected batched
        test -s expected
    done
done

# A walk over a disk that nothing has been read of yet waits in many sub-calls,
# and its totals are those of coreutils, whatever is counted and on either
# backend. Lengths are those of files: versions of coreutils differ on directories.
set -e
for backend in kernel user; do
    files=$(find /disk -type f -name 'p*.h')
    for what in '-s -B1 /disk' "-b $files" '-B1 --max-depth=2 /disk'; do
        echo 3 > /proc/sys/vm/drop_caches
        SYSBATCH_BACKEND=$backend sysbatch du --stats $what > batched 2> statistics
        cat statistics
        grep -q "\"backend\":\"$backend\"" statistics
        /coreutils/du $what > expected
        diff expected batched
        test -s expected
    done
done

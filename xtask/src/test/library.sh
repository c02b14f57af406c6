# Every test of the C library passes on either backend, and prints the same.
# A server is tested with a client on this machine.
ip link set lo up
for test in /capi/*; do
    name=$(basename "$test")
    for backend in kernel user; do
        echo "$name on the $backend backend"
        if ! SYSBATCH_BACKEND=$backend "$test" > "/tmp/$name.$backend"; then
            cat "/tmp/$name.$backend"
            echo "$name failed on the $backend backend"
            exit 1
        fi
        cat "/tmp/$name.$backend"
    done
    if ! cmp "/tmp/$name.kernel" "/tmp/$name.user"; then
        echo "$name prints different things"
        exit 1
    fi
done

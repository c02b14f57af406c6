# A tracer and what it traces: what the traced program does and ends with. The trace
# shows how calls are made, which is what differs.
strace -f -o trace sh -c 'ls /usr | sort | head -3; (exit 2); echo $?; exit 4'
echo "strace $?"
test -s trace && grep -c 'exited with 4' trace
strace -f -o trace sh -c 'kill -TERM $$'
echo "strace $?"
grep -c 'killed by SIGTERM' trace
strace -f -c -o trace perl -e 'print "perl\n"; fork; wait; exit 5'
echo "strace $?"
rm trace

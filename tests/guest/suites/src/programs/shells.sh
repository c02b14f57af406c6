# Pipes, jobs, job control, traps and redirections, in two shells.
cat > script <<'END'
trap 'echo caught USR1' USR1
trap 'echo leaving with $?' EXIT
kill -USR1 $$
seq 1 500 | sort -rn | head -3 | while read number; do echo "line $number"; done
(exit 3) || echo "status $?"
echo "$(echo nested $(echo $(echo deep)))"
sleep 100 & job=$!
while ! grep -q sleep /proc/$job/comm; do :; done
kill -STOP $job; kill -CONT $job; kill -TERM $job
# Whether dash tells how it ended depends on when it hears of it.
wait $job 2> /dev/null; echo "waited $?"
(trap 'echo TERM in a subshell; exit 7' TERM; kill -TERM $(exec sh -c 'echo $PPID')); echo "sub $?"
yes | head -2
mkfifo pipe; (echo through a pipe > pipe) & cat pipe; wait
cat > document <<EOF2
here: $((6 * 7)) $(basename /a/b/c)
EOF2
exec 5> opened; echo five >&5; exec 5>&-
umask 027; touch masked; ls -l masked | cut -c1-10
for name in a b c; do echo $name > file-$name & done; wait; cat file-*
sh -c 'kill -STOP $$; echo continued; exit 4' & job=$!
while ! grep -q 'State:.T' /proc/$job/status; do :; done
kill -CONT $job; wait $job; echo "stopped and continued $?"
set -m
sleep 0.1 & wait $!; echo "job $?"
sleep 0.1 &
fg > /dev/null; echo "fg $?"
set +m
command -v nothing-of-this-name || echo "not found $?"
/nothing/of/this/name 2>/dev/null; echo "status $?"
./document 2>/dev/null; echo "status $?"
exit 9
END
for shell in dash bash; do
    mkdir $shell
    (cd $shell && exec $shell ../script)
    echo "$shell $?"
done

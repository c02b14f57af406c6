# Runs a program, and compares its status: INPUT OUTPUT STATUS PROGRAM…
# What it says on standard error takes a pipe: a limit on the length of files
# would cut it short, too.
input=$1 output=$2 expected=$3
shift 3
exec 3>&1
[ -z "$output" ] || exec 3> "$output"
errors=$("$@" < "$input" 2>&1 >&3 3>&-)
status=$?
printf '%s\n' "$errors"
[ "$status" = "$expected" ] && exit
echo "it ended with $status instead of $expected"
exit 1

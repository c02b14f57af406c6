# A kernel ignores a way of preempting it that it does not know.
way=$(sed -n 's/.*preempt=\([a-z]*\).*/\1/p' /proc/cmdline)
dmesg | grep "Dynamic Preempt: $way" || exit 1
sysbatch-suites --backend kernel --only endless "$@" scheduling

# The processor is told from one that needs its branch history cleared by software.
cat /sys/devices/system/cpu/vulnerabilities/spectre_v2
grep -q 'BHI: SW loop' /sys/devices/system/cpu/vulnerabilities/spectre_v2 || exit 1
sysbatch-suites --backend kernel files state

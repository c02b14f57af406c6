# enter LOWER FOLDER [--bind FROM TO | --read-only FROM TO]... -- COMMAND...
#
# Runs COMMAND as root in a root made of LOWER and, over it, FOLDER/upper. To be
# started by `unshare --mount --pid --fork`: all mounts are in a namespace of this
# process and end with it.
#
# Not chroot: in one the kernel refuses user namespaces, which the tests use.
set -eu
lower=$1
# Paths from here: the options of an overlay can't hold every path.
cd "$2"
shift 2
mount -t overlay overlay -o "lowerdir=$lower,upperdir=upper,workdir=work" root
cd root
while [ "$1" != -- ]; do
    mkdir -p ".$3"
    mount --bind "$2" ".$3"
    [ "$1" = --bind ] || mount -o remount,bind,ro ".$3"
    shift 3
done
shift
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
mkdir run/lock run/outside
pivot_root . run/outside
cd /
umount --lazy /run/outside
rmdir /run/outside
exec "$@"

# enter ROOT PROJECT COMMAND...
#
# Runs COMMAND in ROOT, with PROJECT where it is outside. To be started by `unshare
# --mount --pid --fork`: the mounts end with this process.
set -eu
root=$1
project=$2
shift 2
mkdir -p "$root$project"
mount --rbind "$project" "$root$project"
# objtool and make read it.
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec chroot "$root" "$@"

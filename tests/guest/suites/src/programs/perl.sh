# Tests in Perl, of what reaches the kernel.
cat > kernel.t <<'END'
use strict;
use warnings;
use Test::More;
use Cwd;
use Fcntl qw(:flock SEEK_SET);
use File::Find;
use File::Path qw(make_path remove_tree);
use IO::Select;
use IPC::Open3;
use POSIX ();
use Socket;

is($^X, "/usr/bin/perl", "its own path");
make_path("a/b/c");
open(my $file, "+>", "a/b/c/file") or die;
print $file "line $_\n" for 1 .. 100;
seek($file, 0, SEEK_SET);
is(scalar(my @lines = <$file>), 100, "lines");
ok(flock($file, LOCK_EX | LOCK_NB), "a lock");
my @found;
find(sub { push @found, $File::Find::name }, "a");
is("@found", "a a/b a/b/c a/b/c/file", "found");
remove_tree("a");
ok(!-e "a", "removed");
is(`echo out; exit 3`, "out\n", "a command");
is($? >> 8, 3, "its status");
my $child = open3(my $in, my $out, undef, "sort", "-r");
print $in "a\nb\n";
close $in;
is(join("", <$out>), "b\na\n", "sorted");
waitpid $child, 0;
pipe(my $read, my $write);
if (my $pid = fork) {
    close $write;
    is(<$read>, "from the child\n", "a pipe");
    waitpid $pid, 0;
    is($? & 127, 15, "a signal");
} else {
    syswrite $write, "from the child\n";
    kill TERM => $$;
    POSIX::pause();
}
my $alarms = 0;
local $SIG{ALRM} = sub { $alarms++ };
alarm 1;
ok(!defined(sysread($read = do { pipe(my $r, my $w); our $keep = $w; $r }, my $byte, 1)),
    "interrupted");
is($!, "Interrupted system call", "by a signal");
is($alarms, 1, "once");
my $new = POSIX::SigSet->new(POSIX::SIGUSR1());
my $old = POSIX::SigSet->new;
local $SIG{USR1} = sub { $alarms++ };
POSIX::sigprocmask(POSIX::SIG_BLOCK(), $new, $old);
kill USR1 => $$;
is($alarms, 1, "blocked");
POSIX::sigsuspend($old);
is($alarms, 2, "not blocked");
socketpair(my $one, my $other, AF_UNIX, SOCK_STREAM, PF_UNSPEC);
is(scalar(IO::Select->new($other)->can_read(0)), 0, "nothing to read") or 1;
syswrite $one, "x";
is(scalar(my @ready = IO::Select->new($other)->can_read), 1, "something to read");
ok(!open(my $none, "<", "/nothing"), "no file");
is($! + 0, POSIX::ENOENT(), "for want of one");
is(cwd(), "/tmp/run", "where it is");
exec { "/bin/sh" } "-sh", "-c", 'echo "# $0"; exit 0' if fork == 0;
wait;
is($?, 0, "executed");
done_testing;
END
perl kernel.t 2>&1
echo "perl $?"

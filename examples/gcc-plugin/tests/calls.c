/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Each function that is combined, with results and errors; what it does is
 * compared with the same without the plugin.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOW(...)                                                         \
	do {                                                              \
		const int error = errno;                                  \
		const long results[] = { __VA_ARGS__ };                   \
		show(__func__, results, sizeof(results) / sizeof(long), error); \
		errno = 0;                                                \
	} while (0)

static void show(const char *name, const long *results, size_t count, int error)
{
	printf("%s:", name);
	for (size_t k = 0; k < count; k++)
		printf(" %ld", results[k]);
	printf(" (%s)\n", error ? strerrorname_np(error) : "none");
}

static void make_names(void)
{
	const long a = mkdir("one", 0750);
	const long b = mkdirat(AT_FDCWD, "two", 0700);
	const long c = mkdir("one", 0750);
	SHOW(a, b, c);
}

static void link_names(void)
{
	const long a = symlink("text", "symbolic");
	const long b = symlinkat("text", AT_FDCWD, "symbolic-at");
	const long c = link("text", "hard");
	const long d = linkat(AT_FDCWD, "text", AT_FDCWD, "hard-at", 0);
	const long e = access("hard", R_OK | W_OK);
	const long f = access("none", F_OK);
	SHOW(a, b, c, d, e, f);
}

static void read_links(void)
{
	char first[16] = "", second[16] = "";
	const long a = readlink("symbolic", first, sizeof(first));
	const long b = readlinkat(AT_FDCWD, "symbolic-at", second, 2);
	const long c = readlink("text", second, sizeof(second));
	SHOW(a, b, c, first[0], first[3], second[1]);
}

static void look(void)
{
	struct stat one, two, three;
	const long a = stat("symbolic", &one);
	const long b = lstat("symbolic", &two);
	const long c = stat("none", &three);
	SHOW(a, b, c, one.st_size, S_ISREG(one.st_mode), S_ISLNK(two.st_mode));
}

static void change(void)
{
	const long a = chmod("text", 0604);
	const long b = truncate("text", 40);
	const long c = chmod("none", 0600);
	const long d = truncate("text", -1);
	SHOW(a, b, c, d);
}

static void rename_names(void)
{
	const long a = rename("hard", "harder");
	const long b = renameat(AT_FDCWD, "hard-at", AT_FDCWD, "two/hard");
	const long c = rename("none", "some");
	SHOW(a, b, c);
}

static void remove_names(void)
{
	const long a = unlink("harder");
	const long b = unlinkat(AT_FDCWD, "two/hard", 0);
	const long c = rmdir("one");
	const long d = unlinkat(AT_FDCWD, "two", AT_REMOVEDIR);
	const long e = rmdir("one");
	const long f = unlink("one");
	SHOW(a, b, c, d, e, f);
}

static void move_about(void)
{
	const int here = open(".", O_RDONLY | O_DIRECTORY);
	const long a = chdir("folder");
	const long b = chdir("none");
	const long c = here < 0 ? -1 : fchdir(here);
	const long d = close(here);
	SHOW(a, b, c, d);
}

static void in_a_file(void)
{
	char buffer[8] = "", again[8] = "";
	struct stat st;
	const int file = open("text", O_RDWR);
	if (file < 0)
		return;
	const long a = read(file, buffer, 4);
	const long b = lseek(file, 2, SEEK_CUR);
	const long c = write(file, "WRITTEN", 7);
	const long d = pwrite(file, "first", 5, 0);
	const long e = pread(file, again, 6, 4);
	const long f = fstat(file, &st);
	const long g = ftruncate(file, 10);
	const long h = fsync(file);
	const long i = fdatasync(file);
	const long j = fchmod(file, 0640);
	const long k = flock(file, LOCK_EX | LOCK_NB);
	const long l = lseek(file, -1, SEEK_SET);
	const long m = fchown(file, (uid_t)-1, (gid_t)-1);
	const long n = close(file);
	const long o = close(file);
	SHOW(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, st.st_size, buffer[0],
	     again[0]);
}

static void large_files(void)
{
	const int file = open64("text", O_RDONLY);
	struct stat64 one, two, three;
	char buffer[4] = "";
	if (file == -1)
		return;
	const long a = lseek64(file, 3, SEEK_SET);
	const long b = pread64(file, buffer, 3, 1);
	const long c = pwrite64(file, "no", 2, 0);
	const long d = fstat64(file, &one);
	const long e = stat64("text", &two);
	const long f = lstat64("text", &three);
	const long g = ftruncate64(file, 3);
	const long h = truncate64("text", 30);
	const long i = openat64(AT_FDCWD, "none", O_RDONLY);
	const long j = close(file);
	SHOW(a, b, c, d, e, f, g, h, i, j, buffer[0]);
}

static void descriptors(void)
{
	const int file = openat(AT_FDCWD, "new", O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (file < 0)
		return;
	const int other = dup(file);
	if (other < 0)
		return;
	const long a = dup2(file, 40);
	const long b = dup3(file, 41, O_CLOEXEC);
	const long c = dup3(file, file, 0);
	const long d = dup(77);
	const long e = shutdown(file, SHUT_RDWR);
	const long f = close(other);
	const long g = close(40);
	const long h = close(41);
	const long i = close(file);
	SHOW(a, b, c, d, e, f, g, h, i);
}

static void without_a_name(void)
{
	const int file = open(".", O_TMPFILE | O_RDWR, 0600);
	if (file < 0)
		return;
	const long a = write(file, "12345", 5);
	const long b = lseek(file, 0, SEEK_END);
	const long c = close(file);
	SHOW(a, b, c);
}

static void identities(void)
{
	const long a = getpid();
	const long b = getppid();
	const long c = getuid();
	const long d = geteuid();
	const long e = getgid();
	const long f = getegid();
	SHOW(a > 1, b > 0, c == d, e == f);
}

static __attribute__((noinline)) long of_a_descriptor(int file, struct stat *st)
{
	long result = fstat(file, st);
	return result * 10 + getuid() * 0 + close(file);
}

/* fstat(2) of the C library makes no system call of them. */
static void negative_descriptors(void)
{
	struct stat st;
	const long a = of_a_descriptor(-1, &st);
	const long b = of_a_descriptor(AT_FDCWD, &st);
	const long c = of_a_descriptor(99, &st);
	SHOW(a, b, c);
}

static void bad_addresses(void)
{
	char *bad = (char *)8;
	const int file = open("text", O_RDONLY);
	if (file < 0)
		return;
	__asm__("" : "+r"(bad));
	const long a = read(file, bad, 5);
	const long b = pread(file, bad, 5, 1);
	const long c = access(bad, F_OK);
	const long d = close(file);
	SHOW(a, b, c, d);
}

int main(void)
{
	make_names();
	link_names();
	read_links();
	look();
	change();
	rename_names();
	remove_names();
	move_about();
	in_a_file();
	large_files();
	descriptors();
	without_a_name();
	identities();
	negative_descriptors();
	bad_addresses();
	return fflush(stdout) != 0;
}

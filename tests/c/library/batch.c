/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* batch() of linux/batch.h, with good and with bad programs. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include "linux/batch.h"

#include "check.h"

#define UNWRITTEN 0x5EED

/* Opens, stats, maps and closes a file, each word copied to where it goes. */
static char *map_file(const char *path, long *length, long *error)
{
	struct stat st;
	long rets[8], last;
	syscall_t calls[8] = {
		scall3(open, -1, 0, 0, path, O_RDONLY, 0),
		scall2(wdcpy, -1, 0, 0, &calls[2].arg[0], &rets[0]),
		scall2(fstat, 3, 0, 0, 0, &st),
		scall2(wdcpy, -1, 0, 0, &calls[5].arg[1], &st.st_size),
		scall2(wdcpy, -1, 0, 0, &calls[5].arg[4], &rets[0]),
		scall6(mmap, 0, 0, 0, 0, 0, PROT_READ, MAP_PRIVATE, 0, 0),
		scall2(wdcpy, -1, 0, 0, &calls[7].arg[0], &rets[0]),
		scall1(close, -1, 0, 0, 0),
	};

	last = batch(rets, calls, 8, 0, 0);
	if (last < 7) {
		*error = rets[last];
		return NULL;
	}
	*length = st.st_size;
	return (char *)rets[5];
}

static void chain(const char *self)
{
	long length = 0, error = 0;
	char *text = map_file(self, &length, &error);

	CHECK(text != NULL && length > 64);
	CHECK(memcmp(text, "\177ELF", 4) == 0);
	CHECK_EQUAL(munmap(text, (size_t)length), 0);
	CHECK(map_file("/nothing/here", &length, &error) == NULL);
	CHECK_EQUAL(error, -ENOENT);
}

/* Jumps by the sign of the result, ends, and the index that is returned. */
static void jumps(void)
{
	long rets[4] = { UNWRITTEN, UNWRITTEN, UNWRITTEN, UNWRITTEN };
	syscall_t calls[4] = {
		scall1(close, 1, 0, 0, -1),
		scall0(getpid, 0, 0, 0),
		scall0(getppid, 0, 0, 0),
		scall0(getuid, 0, 0, 0),
	};

	CHECK_EQUAL(batch(rets, calls, 4, 0, sizeof(syscall_t)), 3);
	CHECK_EQUAL(rets[0], -EBADF);
	CHECK_EQUAL(rets[1], UNWRITTEN);
	CHECK_EQUAL(rets[2], getppid());
	CHECK_EQUAL(rets[3], getuid());

	calls[0].jumpFail = -1;
	CHECK_EQUAL(batch(rets, calls, 4, 0, 0), 0);
	calls[1].jumpPos = -2;
	calls[0].jumpFail = 0;
	CHECK_EQUAL(batch(rets, calls, 4, 0, 0), 1);
	calls[1].jumpPos = 0;
	/* To the end and past it: all calls are behind. */
	rets[3] = UNWRITTEN;
	calls[0].jumpFail = 3;
	CHECK_EQUAL(batch(rets, calls, 4, 0, 0), 3);
	calls[0].jumpFail = 32767;
	CHECK_EQUAL(batch(rets, calls, 4, 0, 0), 3);
	CHECK_EQUAL(rets[3], UNWRITTEN);
	calls[3].jumpFail = calls[3].jump0 = calls[3].jumpPos = 1;
	CHECK_EQUAL(batch(rets, calls + 3, 1, 0, 0), 0);
	calls[3] = scall0(getuid, 0, 0, 0);
	calls[0].jumpFail = 2;
	CHECK_EQUAL(batch(rets, calls, 4, 0, 0), 3);
	calls[0] = scall0(getpid, 0, 0, -32768);
	CHECK_EQUAL(batch(rets, calls, 4, 0, 0), 0);
	CHECK_EQUAL(rets[0], getpid());
	calls[0] = scall2(wdcpy, 0, 1, 0, &rets[3], &rets[0]);
	rets[1] = UNWRITTEN;
	CHECK_EQUAL(batch(rets, calls, 3, 0, 0), 2);
	CHECK_EQUAL(rets[0], 0);
	CHECK_EQUAL(rets[1], UNWRITTEN);
	CHECK_EQUAL(batch(rets, calls, 0, 0, 0), 0);
	CHECK_EQUAL(batch(NULL, NULL, 0, 0, 0), 0);
}

/* Numbers that are refused or unknown take jumpFail with -ENOSYS. */
static void refused(void)
{
	static const short numbers[] = { __NR_fork, __NR_vfork, __NR_clone,
					 __NR_execve, __NR_exit,
					 __NR_exit_group, __NR_rt_sigreturn,
					 __NR_batch, -1, -3, -32768, 32767 };
	unsigned int k;

	for (k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
		long rets[3] = { UNWRITTEN, UNWRITTEN, UNWRITTEN };
		syscall_t calls[3] = { scall0(getpid, 1, 0, 0),
				       scall0(getuid, 0, 0, 0),
				       scall0(getppid, 0, 0, 0) };

		calls[0].nr = numbers[k];
		CHECK_EQUAL(batch(rets, calls, 3, 0, 0), 2);
		CHECK_EQUAL(rets[0], -ENOSYS);
		CHECK_EQUAL(rets[1], UNWRITTEN);
		CHECK_EQUAL(rets[2], getppid());
	}
}

/* More arguments than a call has, and arguments that do not count. */
static void arguments(void)
{
	long ret = UNWRITTEN;
	syscall_t call = scall3(dup3, 0, 0, 0, 0, 0, O_CLOEXEC);

	call.argc = 7;
	CHECK_EQUAL(batch(&ret, &call, 1, 0, 0), 0);
	CHECK_EQUAL(ret, -ENOSYS);
	call.argc = -1;
	CHECK_EQUAL(batch(&ret, &call, 1, 0, 0), 0);
	CHECK_EQUAL(ret, -ENOSYS);
	/* dup3(-1, 0, 0) without the first argument is dup3(0, 0, 0). */
	call = scall3(dup3, 0, 0, 0, -1, 0, 0);
	CHECK_EQUAL(batch(&ret, &call, 1, 0, 0), 0);
	CHECK(ret == -EBADF || ret == -EINVAL);
	call.argc = 0;
	CHECK_EQUAL(batch(&ret, &call, 1, 0, 0), 0);
	CHECK_EQUAL(ret, -EINVAL);
}

/* Words are copied, and bad addresses are results. */
static void word_copies(void)
{
	long source = 7, target = 0, rets[4];
	syscall_t calls[4] = {
		scall2(wdcpy, -1, 0, 0, &target, &source),
		scall2(wdcpy, 0, 0, 0, 0, &source),
		scall2(wdcpy, 0, 0, 0, &target, 0),
		scall2(wdcpy, 0, 0, 0, &target, -1),
	};

	CHECK_EQUAL(batch(rets, calls, 4, 0, 0), 3);
	CHECK_EQUAL(target, 7);
	CHECK_EQUAL(rets[0], 0);
	CHECK_EQUAL(rets[1], -EFAULT);
	CHECK_EQUAL(rets[2], -EFAULT);
	CHECK_EQUAL(rets[3], -EFAULT);
}

/* Reads and writes, the length of each write patched into its call. */
static void copying(void)
{
	char buffer[4096];
	long rets[3 * 8], total = 0;
	syscall_t calls[3 * 8];
	int from[2], to[2], k;

	CHECK(pipe(from) == 0 && pipe(to) == 0);
	for (k = 0; k < 8; k++) {
		calls[3 * k] = scall3(read, -1, -1, 0, from[0], buffer, 11);
		calls[3 * k + 1] = scall2(wdcpy, -1, 0, 0,
					  &calls[3 * k + 2].arg[2],
					  &rets[3 * k]);
		calls[3 * k + 2] = scall3(write, -1, -1, 0, to[1], buffer, 0);
	}
	CHECK_EQUAL(write(from[1], "the length of each write is the result", 38),
		    38);
	close(from[1]);
	/* Four reads give all of it; the fifth gives zero and ends the batch. */
	CHECK_EQUAL(batch(rets, calls, 24, 0, 0), 12);
	CHECK_EQUAL(rets[9], 5);
	CHECK_EQUAL(rets[12], 0);
	for (k = 0; k < 4; k++)
		total += rets[3 * k + 2];
	CHECK_EQUAL(total, 38);
	memset(buffer, 0, sizeof(buffer));
	CHECK_EQUAL(read(to[0], buffer, sizeof(buffer)), 38);
	CHECK(strcmp(buffer, "the length of each write is the result") == 0);
}

static void many_closes(void)
{
	enum { COUNT = 500 };
	static long rets[COUNT];
	static syscall_t calls[COUNT];
	int k;

	for (k = 0; k < COUNT; k++)
		calls[k] = scall1(close, 0, 0, 0, dup(0));
	CHECK_EQUAL(batch(rets, calls, COUNT, 0, 0), COUNT - 1);
	for (k = 0; k < COUNT; k++)
		if (rets[k] != 0)
			break;
	CHECK_EQUAL(k, COUNT);
	CHECK_EQUAL(batch(rets, calls, COUNT, 0, 0), COUNT - 1);
	CHECK_EQUAL(rets[COUNT - 1], -EBADF);
}

static void ids(void)
{
	long rets[6];
	syscall_t calls[6] = {
		scall0(getpid, -1, 0, 0), scall0(getppid, -1, 0, 0),
		scall0(getuid, -1, 0, 0), scall0(geteuid, -1, 0, 0),
		scall0(getgid, -1, 0, 0), scall0(getegid, -1, 0, 0),
	};

	CHECK_EQUAL(batch(rets, calls, 6, 0, 0), 5);
	CHECK_EQUAL(rets[0], getpid());
	CHECK_EQUAL(rets[1], getppid());
	CHECK_EQUAL(rets[2], getuid());
	CHECK_EQUAL(rets[3], geteuid());
	CHECK_EQUAL(rets[4], getgid());
	CHECK_EQUAL(rets[5], getegid());
}

/* A walk: names are read, and all of a directory are asked about at once. */
static unsigned long walk(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	static syscall_t calls[64];
	char names[64][300];
	struct stat answers[64], alone;
	long rets[64];
	int count = 0, k;
	unsigned long found = 0;

	CHECK(directory != NULL);
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		CHECK(count < 64);
		snprintf(names[count], sizeof(names[0]), "%.40s/%.250s", path,
			 entry->d_name);
		calls[count] = scall2(lstat, 0, 0, 0, names[count],
				      &answers[count]);
		count++;
	}
	closedir(directory);
	if (count == 0)
		return 0;
	CHECK_EQUAL(batch(rets, calls, (unsigned long)count, 0, 0), count - 1);
	for (k = 0; k < count; k++) {
		CHECK_EQUAL(rets[k], 0);
		CHECK_EQUAL(lstat(names[k], &alone), 0);
		CHECK(answers[k].st_ino == alone.st_ino &&
		      answers[k].st_mode == alone.st_mode &&
		      answers[k].st_size == alone.st_size);
		found++;
		if (S_ISDIR(answers[k].st_mode))
			found += walk(names[k]);
	}
	return found;
}

static void tree(void)
{
	char root[] = "/tmp/walk-XXXXXX", name[64];
	int i, j;

	CHECK(mkdtemp(root) != NULL);
	for (i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "%s/%d", root, i);
		CHECK(mkdir(name, 0700) == 0);
		for (j = 0; j < 40; j++) {
			snprintf(name, sizeof(name), "%s/%d/%d", root, i, j);
			CHECK(symlink("nowhere", name) == 0);
		}
	}
	CHECK_EQUAL(walk(root), 5 + 5 * 40);
	for (i = 0; i < 5; i++) {
		for (j = 0; j < 40; j++) {
			snprintf(name, sizeof(name), "%s/%d/%d", root, i, j);
			CHECK(unlink(name) == 0);
		}
		snprintf(name, sizeof(name), "%s/%d", root, i);
		CHECK(rmdir(name) == 0);
	}
	CHECK(rmdir(root) == 0);
}

/* Unreadable programs fail, unwritable results fault. */
static void bad_memory(void)
{
	char *page = page_before_a_hole();
	syscall_t *calls = (syscall_t *)(void *)(page + 4096) - 1;
	long rets[2] = { UNWRITTEN, UNWRITTEN };
	syscall_t call = scall0(getppid, 0, 0, 0);
	long *slot = (long *)(void *)(page + 4096) - 1;

	errno = 0;
	CHECK_EQUAL(batch(rets, NULL, 1, 0, 0), -1);
	CHECK_EQUAL(errno, EFAULT);
	*calls = call;
	errno = 0;
	CHECK_EQUAL(batch(rets, calls, 2, 0, 0), -1);
	CHECK_EQUAL(errno, EFAULT);
	CHECK_EQUAL(rets[0], getppid());
	CHECK_EQUAL(rets[1], UNWRITTEN);

	CHECK(FAULTS(batch(NULL, &call, 1, 0, 0)));
	CHECK(fault_address == NULL);
	*slot = UNWRITTEN;
	CHECK(mprotect(page, 4096, PROT_READ) == 0);
	CHECK(FAULTS(batch(slot, &call, 1, 0, 0)));
	CHECK(fault_address == slot);
	CHECK_EQUAL(*slot, UNWRITTEN);

	/* At any address. */
	CHECK(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
	memcpy(page + 5, &call, sizeof(call));
	CHECK_EQUAL(batch((long *)(void *)(page + 101),
			  (syscall_t *)(void *)(page + 5), 1, 0, 0), 0);
	memcpy(rets, page + 101, sizeof(long));
	CHECK_EQUAL(rets[0], getppid());

	/* What programs give as flags and size means nothing. */
	rets[0] = 0;
	CHECK_EQUAL(batch(rets, &call, 1, 1, 63), 0);
	CHECK_EQUAL(rets[0], getppid());
	CHECK_EQUAL(batch(NULL, NULL, 0, -1, -1), 0);
}

/* What BATCH_VERBOSE says in a program of its own. */
static void verbose(const char *self, char *const *environment,
		    const char *expected)
{
	char said[100] = "";
	int ends[2], status;
	pid_t child;

	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		char *const arguments[] = { (char *)self, (char *)"once", NULL };

		dup2(ends[1], 2);
		execve(self, arguments, environment);
		_exit(127);
	}
	close(ends[1]);
	CHECK(read(ends[0], said, sizeof(said) - 1) >= 0);
	CHECK_EQUAL(waitpid(child, &status, 0), child);
	CHECK_EQUAL(status, 0);
	CHECK(strcmp(said, expected) == 0);
	close(ends[0]);
}

static void environment(const char *self)
{
	static char emulate[] = "BATCH_EMUL=1", say[] = "BATCH_VERBOSE=1";
	static char forced[] = "SYSBATCH_BACKEND=kernel";
	static char path[1100];
	const char *library = getenv("LD_LIBRARY_PATH");
	const char *wanted = getenv("SYSBATCH_BACKEND");
	char *loud[] = { emulate, say, path, NULL };
	char *quiet[] = { emulate, path, NULL };
	char *real[] = { forced, say, path, NULL };

	snprintf(path, sizeof(path), "LD_LIBRARY_PATH=%s",
		 library ? library : "");
	verbose(self, loud, "sys_batch Emul\n");
	verbose(self, quiet, "");
	/* Where there is a module. */
	if (wanted && strcmp(wanted, "kernel") == 0)
		verbose(self, real, "sys_batch Real\n");
	else
		verbose(self, loud, "sys_batch Emul\n");
}

int main(int argc, char **argv)
{
	long ret, k;
	syscall_t call = scall0(getpid, 0, 0, 0);

	if (argc > 1) {
		for (k = 0; k < 3; k++)
			if (batch(&ret, &call, 1, 0, 0) != 0)
				return 1;
		return 0;
	}
	RUN(chain(argv[0]));
	RUN(jumps());
	RUN(refused());
	RUN(arguments());
	RUN(word_copies());
	RUN(copying());
	RUN(many_closes());
	RUN(ids());
	RUN(tree());
	catch_faults();
	RUN(bad_memory());
	RUN(environment(argv[0]));
	return report();
}

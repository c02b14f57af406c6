/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How often the kernel is entered: by a tracer, to which every system call of
 * its child is a stop.
 *
 * The module hands all calls of a traced task back. So where it runs batches
 * there is one entry more than calls, the one of the device.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/batch.h>
#include <supersyscall.h>
#include <syslet.h>

#include "check.h"

/* Where the two headers that call something `batch` meet. */
extern long sysbatch_compat_generic_batch(void *returns, void *args,
					  long ncalls, long flags);

#define CALLS 300
#define PAGE 4096

/* A call that is made before and after what is counted. */
#define MARK -4242

static void mark(void)
{
	syscall(__NR_getpgid, MARK);
}

/* A way to have `count` calls made with program and results in `memory`. */
typedef void way(char *memory, size_t count);

static struct syslet_uatom *ring[8];
static struct async_head_user head;

static void by_supersyscall(char *memory, size_t count)
{
	long *rets = (long *)(void *)memory;
	struct supersyscall_args *args = (void *)(rets + count);
	size_t k;

	for (k = 0; k < count; k++)
		args[k].call_nr = __NR_getppid;
	mark();
	supersyscall(rets, args, (int)count, 0);
	mark();
}

static void by_batch(char *memory, size_t count)
{
	long *rets = (long *)(void *)memory;
	syscall_t *calls = (void *)(rets + count);
	syscall_t call = scall0(getppid, 0, 0, 0);
	size_t k;

	for (k = 0; k < count; k++)
		calls[k] = call;
	mark();
	batch(rets, calls, count, 0, 0);
	mark();
}

static void by_generic(char *memory, size_t count)
{
	long *returns = (long *)(void *)memory;
	long **calls = (void *)(returns + count);
	long *words = (void *)(calls + count);
	size_t k;

	for (k = 0; k < count; k++) {
		calls[k] = words + 2 * k;
		calls[k][0] = __NR_getppid;
		calls[k][1] = 0;
	}
	mark();
	sysbatch_compat_generic_batch(returns, calls, (long)count, 0);
	mark();
}

static void by_atoms(char *memory, size_t count, unsigned long flags)
{
	long *results = (long *)(void *)memory;
	struct syslet_uatom *atoms = (void *)(results + count);
	size_t k;

	memset(atoms, 0, count * sizeof(*atoms));
	for (k = 0; k < count; k++) {
		atoms[k].nr = __NR_getppid;
		atoms[k].ret_ptr = &results[k];
		atoms[k].next = k + 1 < count ? &atoms[k + 1] : NULL;
	}
	atoms[0].flags = flags;
	mark();
	async_exec(atoms, &head);
	mark();
}

static void by_syslet(char *memory, size_t count)
{
	by_atoms(memory, count, SYSLET_SYNC);
}

static void by_first_try(char *memory, size_t count)
{
	by_atoms(memory, count, 0);
}

/* A loop over the same three atoms and words. */
static void by_loop(char *memory, size_t count)
{
	unsigned long *words = (unsigned long *)(void *)memory;
	struct syslet_uatom *atoms = (void *)(words + 8);

	memset(atoms, 0, 2 * sizeof(*atoms));
	words[0] = -count;
	words[1] = (unsigned long)&words[0];
	words[2] = 1;
	atoms[0].nr = __NR_getppid;
	atoms[0].flags = SYSLET_SYNC;
	atoms[0].ret_ptr = (long *)&words[3];
	atoms[0].next = &atoms[1];
	/* From -count up to zero, which is where it stops. */
	atoms[1].nr = __NR_umem_add;
	atoms[1].arg_ptr[0] = &words[1];
	atoms[1].arg_ptr[1] = &words[2];
	atoms[1].flags = SYSLET_STOP_ON_ZERO;
	atoms[1].next = &atoms[0];
	mark();
	async_exec(atoms, &head);
	mark();
}

/* Runs a batch twice, and checks what came out of it. */
static int child(way *run, char *memory, size_t count)
{
	head.completion_ring = ring;
	head.ring_size_bytes = sizeof(ring);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		return 2;
	raise(SIGSTOP);
	/* The first use in a process finds out where batches run, and what
	 * memory it always has. */
	run(memory, count);
	memset(memory, 0, count * sizeof(long));
	run(memory, count);
	return run != by_loop &&
	       ((long *)(void *)memory)[count - 1] != getppid();
}

/*
 * A tracer and what it traces never run at once. On two processors each stop
 * has one wake the other, which is slow where processors are emulated.
 */
static void on_one_processor(void)
{
	cpu_set_t one;
	int here = sched_getcpu();

	CHECK(here >= 0);
	CPU_ZERO(&one);
	CPU_SET((size_t)here, &one);
	CHECK_EQUAL(sched_setaffinity(0, sizeof(one), &one), 0);
}

/* How many entries there are between the marks of the second run. */
static long entries(way *run, char *memory, size_t count)
{
	struct __ptrace_syscall_info info;
	int status, marks = 0;
	long found = 0;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0)
		_exit(child(run, memory, count));
	CHECK_EQUAL(waitpid(pid, &status, 0), pid);
	CHECK(WIFSTOPPED(status));
	CHECK(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD) == 0);
	while (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0 &&
	       waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		CHECK(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0);
		if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		if (info.entry.nr == __NR_getpgid && (int)info.entry.args[0] == MARK)
			marks++;
		else if (marks == 3)
			found++;
	}
	CHECK(WIFEXITED(status));
	CHECK_EQUAL(WEXITSTATUS(status), 0);
	CHECK_EQUAL(marks, 4);
	return found;
}

static long device(void)
{
	const char *wanted = getenv("SYSBATCH_BACKEND");

	return wanted && strcmp(wanted, "kernel") == 0;
}

static char in_program[8 * PAGE];

/* Memory that a program always has is not asked for: as many as calls. */
static void three_calls_are_three(void)
{
	way *const ways[] = { by_supersyscall, by_batch, by_generic, by_syslet };
	char on_stack[PAGE], *on_heap = (char *)malloc(PAGE);
	size_t k;

	CHECK(on_heap != NULL);
	for (k = 0; k < sizeof(ways) / sizeof(*ways); k++) {
		CHECK_EQUAL(entries(ways[k], in_program, 3), 3 + device());
		CHECK_EQUAL(entries(ways[k], on_heap, 3), 3 + device());
		CHECK_EQUAL(entries(ways[k], on_stack, 3), 3 + device());
	}
	CHECK_EQUAL(entries(by_first_try, in_program, 3), 3 + device());
	free(on_heap);
}

/* How many pages some bytes lie in. */
static long pages(const char *start, size_t size)
{
	return (long)(((uintptr_t)start + size - 1) / PAGE -
		      (uintptr_t)start / PAGE + 1);
}

/* Other memory is asked for page by page, and no page twice. */
static void no_page_twice(void)
{
	size_t size = 64 * PAGE;
	char *memory = (char *)mmap(NULL, size, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *program = memory + CALLS * sizeof(long);
	long results = pages(memory, CALLS * sizeof(long));
	long base = CALLS + device();

	CHECK(memory != MAP_FAILED);
	/* Results that are the caller's to write are written. */
	CHECK_EQUAL(entries(by_supersyscall, memory, CALLS),
		    base + pages(program, CALLS * sizeof(struct supersyscall_args)));
	CHECK_EQUAL(entries(by_batch, memory, CALLS),
		    base + pages(program, CALLS * sizeof(syscall_t)));
	/* The page where the program begins is the one where the results end:
	 * it is asked whether it can be read, then whether it can be written. */
	CHECK_EQUAL(entries(by_generic, memory, CALLS),
		    base + pages(program, CALLS * 3 * sizeof(long)) + results);
	CHECK_EQUAL(entries(by_syslet, memory, CALLS),
		    base + pages(program, CALLS * sizeof(struct syslet_uatom)) +
			    results);
	/* A loop stays on one page. */
	CHECK_EQUAL(entries(by_loop, memory, CALLS), base + 2);
	CHECK_EQUAL(munmap(memory, size), 0);
}

/* What a batch has protected is an error from then on, for the next one too. */
static void taken_by_a_batch(void)
{
	static char kept[3 * PAGE];
	char *page = kept + PAGE - (uintptr_t)kept % PAGE;
	long rets[3] = { 0 }, word = 5;
	syscall_t calls[] = {
		{ __NR_wdcpy, 0, 0, 0, 2, { (long)page, (long)&word } },
		scall3(mprotect, 0, 0, 0, page, PAGE, PROT_NONE),
		{ __NR_wdcpy, 0, 0, 0, 2, { (long)&word, (long)page } },
	};
	struct syslet_uatom *atom = (struct syslet_uatom *)(void *)page;
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid != 0) {
		CHECK_EQUAL(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		return;
	}
	/* Found good once, and so taken to stay. */
	if (batch(rets, calls, 1, 0, 0) != 0 || rets[0] != 0 || *page != 5)
		_exit(1);
	if (batch(rets, calls, 3, 0, 0) != 2 || rets[1] != 0 ||
	    rets[2] != -EFAULT)
		_exit(2);
	if (batch(rets, calls, 1, 0, 0) != 0 || rets[0] != -EFAULT)
		_exit(3);
	errno = 0;
	if (batch(rets, (syscall_t *)(void *)page, 1, 0, 0) != -1 ||
	    errno != EFAULT)
		_exit(4);
	errno = 0;
	/* The flags of the atom are read in the process. */
	if (!device() &&
	    (async_exec(atom, &head) != (struct syslet_uatom *)-1 ||
	     errno != EFAULT))
		_exit(5);
	_exit(0);
}

int main(void)
{
	on_one_processor();
	RUN(three_calls_are_three());
	RUN(no_page_twice());
	RUN(taken_by_a_batch());
	return report();
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Calls of a 32-bit program in a batch: their numbers, their arguments, their
 * results, and which of them come back.
 */
#include "ways.h"

static struct batch batch;

#define PROT_READ_WRITE 3
#define MAP_SHARED_ 1
#define MAP_PRIVATE_ANONYMOUS 0x22
#define MAP_FIXED_NOREPLACE_ 0x100000

/* A file of two pages, the second of which begins with a word. */
static long two_pages(u32 word)
{
	long fd = call2(__NR_memfd_create, "pages", 0);

	CHECK(fd >= 0);
	CHECK_EQUAL(call2(__NR_ftruncate, fd, 8192), 0);
	CHECK_EQUAL(call5(__NR_pwrite64, fd, &word, 4, 4096, 0), 4);
	return fd;
}

static void numbers_are_their_own(void)
{
	static const char nowhere[] = "/nowhere";
	char name[65 * 6];

	empty(&batch);
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	add(&batch, __NR_gettid, 0, 0, 0, 0, 0, 0);
	add(&batch, __NR_getuid32, 0, 0, 0, 0, 0, 0);
	add(&batch, __NR_open, ADDRESS(nowhere), 0, 0, 0, 0, 0);
	add(&batch, __NR_uname, ADDRESS(name), 0, 0, 0, 0, 0);
	/* Beyond the table, and a call that the kernel has for 64-bit tasks only. */
	add(&batch, 600, 0, 0, 0, 0, 0, 0);
	add(&batch, __NR_vm86 + 1, 0, 0, 0, 0, 0, 0);
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_DONE);
	CHECK_EQUAL(batch.run.steps, 7);
	CHECK_EQUAL(batch.results[0], call0(__NR_getpid));
	CHECK_EQUAL(batch.results[1], call0(__NR_gettid));
	CHECK_EQUAL(batch.results[2], call0(__NR_getuid32));
	CHECK_EQUAL(batch.results[3], -2);
	CHECK_EQUAL(batch.results[4], 0);
	CHECK(name[0] == 'L' && name[1] == 'i');
	CHECK_EQUAL(batch.results[5], -38);
	CHECK_EQUAL(batch.results[6], -38);
}

static void arguments_have_32_bits(void)
{
	long fd = two_pages(0x600d600d);
	u32 word = 0;

	empty(&batch);
	/* Six arguments, the last of which is in the register of the frame. */
	add(&batch, __NR_mmap2, 0, WITH_RUBBISH(4096),
	    WITH_RUBBISH(PROT_READ_WRITE), WITH_RUBBISH(MAP_SHARED_),
	    WITH_RUBBISH(fd), WITH_RUBBISH(1));
	/* An offset in two halves. */
	add(&batch, __NR_pread64, WITH_RUBBISH(fd), WITH_RUBBISH(&word),
	    WITH_RUBBISH(4), WITH_RUBBISH(4096), WITH_RUBBISH(0), 0);
	add(&batch, __NR_pread64, fd, ADDRESS(&word), 4, 4096, 1, 0);
	/* A structure with the arguments, and one with 32-bit pointers. */
	const u32 old[6] = { 0, 4096, PROT_READ_WRITE, MAP_SHARED_, (u32)fd, 4096 };
	u32 other = 0;
	const u32 vector[2] = { (u32)&other, 4 };

	add(&batch, __NR_mmap, ADDRESS(old), 0, 0, 0, 0, 0);
	add(&batch, __NR_preadv, fd, ADDRESS(vector), 1, 4096, 0, 0);
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_DONE);
	CHECK(batch.results[0] > 0 && batch.results[3] > 0);
	CHECK_EQUAL(*(u32 *)(u32)batch.results[0], 0x600d600d);
	CHECK_EQUAL(*(u32 *)(u32)batch.results[3], 0x600d600d);
	CHECK_EQUAL(batch.results[1], 4);
	CHECK_EQUAL(word, 0x600d600d);
	/* Far behind the end. */
	CHECK_EQUAL(batch.results[2], 0);
	CHECK_EQUAL(batch.results[4], 4);
	CHECK_EQUAL(other, 0x600d600d);
}

static void results_have_32_bits(void)
{
	const u32 high = 0xc0000000;

	empty(&batch);
	add(&batch, __NR_mmap2, high, 4096, PROT_READ_WRITE,
	    MAP_PRIVATE_ANONYMOUS | MAP_FIXED_NOREPLACE_, -1, 0);
	/* Its address is used by a built-in, and by a call. */
	add(&batch, SYSBATCH_BUILT_IN_STORE4, 0, 0, 0x1234, 0, 0, 0);
	batch.program[1].modes = SYSBATCH_MODE_BITS(0, SYSBATCH_MODE_RESULT);
	add(&batch, __NR_munmap, 0, 4096, 0, 0, 0, 0);
	batch.program[2].modes = SYSBATCH_MODE_BITS(0, SYSBATCH_MODE_RESULT);
	/* The kernel makes this error a positive number of 64 bits. */
	add(&batch, __NR_modify_ldt, 99, 0, 0, 0, 0, 0);
	batch.program[3].on_neg = SYSBATCH_JUMP_EXIT;
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.results[0], high);
	CHECK_EQUAL(batch.results[1], 0x1234);
	CHECK_EQUAL(batch.results[2], 0);
	CHECK_EQUAL(batch.results[3], -38);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_EXIT);
	CHECK_EQUAL(batch.results[4], UNWRITTEN);
}

static void addresses_have_64_bits(void)
{
	struct batch *out = &batch;

	/* Of the batch itself: what is above is no memory of a 32-bit program. */
	empty(out);
	add(out, __NR_getpid, 0, 0, 0, 0, 0, 0);
	out->run.program |= 1ULL << 32;
	CHECK_EQUAL(enter(out), -14);
	CHECK_EQUAL(out->run.status, SYSBATCH_STATUS_REFUSED);
	out->run.program &= 0xffffffff;
	out->run.results |= 1ULL << 63;
	CHECK_EQUAL(enter(out), -14);
	CHECK_EQUAL(out->run.status, SYSBATCH_STATUS_UNSTORED);
	CHECK_EQUAL(out->run.value, call0(__NR_getpid));
	/* Of a call: what is above is cut off. */
	empty(out);
	add(out, __NR_uname, 1, 0, 0, 0, 0, 0);
	add(out, __NR_uname, 0xffffffff, 0, 0, 0, 0, 0);
	CHECK_EQUAL(enter(out), 0);
	CHECK_EQUAL(out->results[0], -14);
	CHECK_EQUAL(out->results[1], -14);
	/* Of a built-in: not. */
	empty(out);
	add(out, SYSBATCH_BUILT_IN_STORE4, WITH_RUBBISH(&out->results[3]), 0, 1,
	    0, 0, 0);
	CHECK_EQUAL(enter(out), -14);
	CHECK_EQUAL(out->results[3], UNWRITTEN);
}

static void calls_are_handed_back(void)
{
	static const int always[] = {
		__NR_restart_syscall, __NR_exit, __NR_fork, __NR_execve,
		__NR_reboot, __NR_vm86old, __NR_sigreturn, __NR_clone, __NR_vm86,
		__NR_rt_sigreturn, __NR_vfork, __NR_exit_group, __NR_seccomp,
		__NR_execveat, __NR_clone3,
		/* Calls of a later kernel. */
		390, 415,
	};
	u32 k;

	for (k = 0; k < sizeof(always) / sizeof(*always); k++) {
		empty(&batch);
		add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
		add(&batch, always[k], 0, 0, 0, 0, 0, 0);
		CHECK_EQUAL(enter(&batch), 0);
		CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_PUNT);
		CHECK_EQUAL(batch.run.reason, SYSBATCH_PUNT_REASON_CALL);
		CHECK_EQUAL(batch.run.pc, 1);
		CHECK_EQUAL(batch.results[1], UNWRITTEN);
	}
	/* By an argument: PR_SET_SECCOMP, and a batch in a batch. */
	empty(&batch);
	add(&batch, __NR_prctl, WITH_RUBBISH(22), 0, 0, 0, 0, 0);
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_PUNT);
	empty(&batch);
	add(&batch, __NR_ioctl, device, WITH_RUBBISH(SYSBATCH_RUN_REQUEST),
	    ADDRESS(&batch.run), 0, 0, 0);
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_PUNT);
	/* Others of both are made. */
	empty(&batch);
	add(&batch, __NR_prctl, 39, 0, 0, 0, 0, 0);
	add(&batch, __NR_ioctl, device, 1, 0, 0, 0, 0);
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_DONE);
	CHECK_EQUAL(batch.results[0], 0);
	CHECK_EQUAL(batch.results[1], -25);
}

static void other_requests_are_refused(void)
{
	empty(&batch);
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	CHECK_EQUAL(call3(__NR_ioctl, device, 0, &batch), -25);
	CHECK_EQUAL(call3(__NR_ioctl, device, SYSBATCH_LIST_REQUEST + 1, &batch),
		    -25);
	/* A list of batches is for 64-bit programs. */
	CHECK_EQUAL(call3(__NR_ioctl, device, SYSBATCH_LIST_REQUEST, &batch),
		    -95);
	CHECK_EQUAL(call3(__NR_ioctl, device, SYSBATCH_RUN_REQUEST, 0), -14);
	CHECK_EQUAL(call3(__NR_ioctl, device, SYSBATCH_RUN_REQUEST, 8), -14);
	CHECK_EQUAL(call3(__NR_ioctl, device, SYSBATCH_RUN_REQUEST,
			  (char *)&batch + 4), -22);
	CHECK_EQUAL(call3(__NR_ioctl, device, SYSBATCH_RUN_REQUEST, -8), -14);
	CHECK_EQUAL(batch.results[0], UNWRITTEN);
}

/* No part of the suite: for a module that has no 32-bit calls. */
static void device_refuses(void)
{
	empty(&batch);
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	CHECK_EQUAL(enter(&batch), -25);
	CHECK_EQUAL(batch.results[0], UNWRITTEN);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_NONE);
}

static void other_formats(void)
{
	struct {
		__u64 nr, args[6];
	} calls[3];
	const __u64 number = __NR_dup2, from = WITH_RUBBISH(1), to = WITH_RUBBISH(77);
	const __u64 pointers[4] = { ADDRESS(&number), ADDRESS(&from), ADDRESS(&to), 0 };

	/* Supersyscalls. */
	memset(calls, 0, sizeof(calls));
	empty(&batch);
	calls[0].nr = __NR_getpid;
	calls[1].nr = __NR_fork;
	calls[2].nr = __NR_close;
	calls[2].args[0] = WITH_RUBBISH(-1);
	batch.run.format = SYSBATCH_FORMAT_SUPERSYSCALL;
	batch.run.flags = SYSBATCH_FLAG_CONTINUE_ON_FAILURE;
	batch.run.program = ADDRESS(calls);
	batch.run.len = 3;
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.run.status, SYSBATCH_STATUS_DONE);
	CHECK_EQUAL(batch.results[0], call0(__NR_getpid));
	CHECK_EQUAL(batch.results[1], -38);
	CHECK_EQUAL(batch.results[2], -9);
	/* Pointers, each of 64 bits. The number is not behind a pointer. */
	const __u64 array[4] = { number, pointers[1], pointers[2], 0 };
	const __u64 program[1] = { ADDRESS(array) };

	empty(&batch);
	batch.run.format = SYSBATCH_FORMAT_POINTERS;
	batch.run.program = ADDRESS(program);
	batch.run.len = 1;
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.results[0], 77);
}

static void vdso_may_be_moved(void)
{
	const u32 to = 0x40000000;
	extern void int80_way(void);

	find_vdso();
	empty(&batch);
	/* MREMAP_MAYMOVE and MREMAP_FIXED. */
	add(&batch, __NR_mremap, vdso, vdso_size, vdso_size, 3, to, 0);
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	/* It returns to where it is now. */
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.results[0], to);
	CHECK_EQUAL(batch.results[1], call0(__NR_getpid));
	if (way != int80_way)
		way = (char *)way + (to - vdso);
	empty(&batch);
	add(&batch, __NR_getpid, 0, 0, 0, 0, 0, 0);
	CHECK_EQUAL(enter(&batch), 0);
	CHECK_EQUAL(batch.results[0], call0(__NR_getpid));
}

const struct test call_tests[] = {
	{ "numbers_are_their_own", numbers_are_their_own },
	{ "arguments_have_32_bits", arguments_have_32_bits },
	{ "results_have_32_bits", results_have_32_bits },
	{ "addresses_have_64_bits", addresses_have_64_bits },
	{ "calls_are_handed_back", calls_are_handed_back },
	{ "other_requests_are_refused", other_requests_are_refused },
	{ "other_formats", other_formats },
	{ "vdso_may_be_moved", vdso_may_be_moved },
	{ "device_refuses", device_refuses },
	{ 0, 0 },
};

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs the batches that the plugin has made, where that is exact and pays. It is
 * compiled without the plugin and linked with the program.
 */
#define _GNU_SOURCE
#include "sysbatch_combine.h"

#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sysbatch.h>

/* Null if batches are not run. */
static struct sysbatch *sysbatch;
static pthread_once_t once = PTHREAD_ONCE_INIT;
/* fstat(2) as the C library makes it: before 2.39 it was newfstatat(2). */
static int has_fstat;
static uint64_t batches;

static int c_library_is_at_least(int major, int minor)
{
	int found_major = 0, found_minor = 0;

	sscanf(gnu_get_libc_version(), "%d.%d", &found_major, &found_minor);
	return found_major > major ||
	       (found_major == major && found_minor >= minor);
}

static void open_backend(void)
{
	struct sysbatch *opened;

	has_fstat = c_library_is_at_least(2, 39);
	if (sysbatch_open(&opened, SYSBATCH_SELECT, NULL, 0) < 0)
		return;
	/*
	 * Without the module a batch takes as many crossings as it has calls, so
	 * they are made as they are written, unless the user asks for it.
	 */
	if (sysbatch_kind(opened) == SYSBATCH_KERNEL ||
	    getenv("SYSBATCH_BACKEND"))
		sysbatch = opened;
	else
		sysbatch_close(opened);
}

/* Before constructors of the program, which may have batches, too. */
__attribute__((constructor(101))) static void start(void)
{
	int saved = errno;

	pthread_once(&once, open_backend);
	errno = saved;
}

static void make_newfstatat(struct sysbatch_entry *entry)
{
	const unsigned int second = (entry->modes >> 2) & 3U;

	entry->nr = __NR_newfstatat;
	entry->args[2] = entry->args[1];
	entry->args[1] = (uintptr_t)"";
	entry->args[3] = AT_EMPTY_PATH;
	entry->modes = (__u16)((entry->modes & 3U) | SYSBATCH_MODE_BITS(2, second));
}

/*
 * Runs what is left of a batch in this process after the device has failed in
 * the middle of it: what has been done cannot be done again.
 */
static void finish(struct sysbatch_run *run)
{
	struct sysbatch *user;
	int error = sysbatch_open(&user, SYSBATCH_USER, NULL, 0);

	if (error == 0) {
		error = sysbatch_run_batch(user, run);
		sysbatch_close(user);
	}
	if (error < 0) {
		static const char message[] =
			"sysbatch: a batch cannot be brought to its end\n";
		(void)!write(STDERR_FILENO, message, sizeof(message) - 1);
		abort();
	}
}

int sysbatch_combine_run(const void *data, void *slots, ...)
{
	const struct sysbatch_combine_table *table = data;
	struct sysbatch_entry entries[SYSBATCH_COMBINE_MOST_ENTRIES];
	const size_t size = table->entry_count * sizeof(entries[0]);
	const uint64_t *places = (const uint64_t *)(const void *)
		((const char *)table->entries + size);
	struct sysbatch_run run;
	va_list values;
	uint64_t k;

	/*
	 * A call in a batch is no cancellation point. Where there is one thread
	 * nobody cancels it.
	 */
	if (!sysbatch || !(__libc_single_threaded ||
			   (table->flags & SYSBATCH_COMBINE_NO_CANCELLATION)))
		return 0;
	memcpy(entries, table->entries, size);
	va_start(values, slots);
	for (k = 0; k < table->value_count; k++) {
		const uint64_t value = va_arg(values, uint64_t);
		const uint64_t place = places[k] & ~SYSBATCH_COMBINE_NOT_NEGATIVE;

		if (place != places[k] && (int64_t)value < 0) {
			va_end(values);
			return 0;
		}
		entries[place / SYSBATCH_ARGUMENT_COUNT]
			.args[place % SYSBATCH_ARGUMENT_COUNT] = value;
	}
	va_end(values);
	for (k = 0; k < table->entry_count && !has_fstat; k++)
		if (entries[k].nr == __NR_fstat)
			make_newfstatat(&entries[k]);
	sysbatch_run_init(&run, entries, table->entry_count, slots,
			  table->entry_count);
	if (sysbatch_run_batch(sysbatch, &run) < 0) {
		if (run.status == SYSBATCH_STATUS_NONE && run.steps == 0)
			return 0;
		finish(&run);
	}
	__atomic_fetch_add(&batches, 1, __ATOMIC_RELAXED);
	return 1;
}

long sysbatch_combine_result(const void *slot)
{
	const int64_t result = *(const int64_t *)slot;

	if (!SYSBATCH_IS_ERRNO(result))
		return result;
	errno = (int)-result;
	return -1;
}

struct sysbatch_combine_count sysbatch_combine_counted(void)
{
	struct sysbatch_combine_count count;

	count.batches = __atomic_load_n(&batches, __ATOMIC_RELAXED);
	count.crossings = sysbatch_crossings(sysbatch);
	return count;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Combined calls: what one might wish the kernel had as one system call, each
 * written as a small batch. They are meant to be read.
 *
 * Each returns what the call it stands for would, or a negated errno, and
 * leaves errno alone. Arrays of any length are handled SYSBATCH_MANY entries
 * at a time.
 *
 * It compiles as C99, C11 and C++11. struct statx, struct mmsghdr and O_PATH
 * are not of C's or POSIX's, so the program has to define _GNU_SOURCE before
 * its first header.
 */
#ifndef SYSBATCH_COMBINED_H
#define SYSBATCH_COMBINED_H

#include <errno.h>

#if !defined(_GNU_SOURCE) || (defined(__GLIBC__) && !defined(__USE_GNU))
#error "sysbatch_combined.h needs _GNU_SOURCE: define it before the first #include, or compile with -D_GNU_SOURCE"
#else

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <sysbatch.h>

/* How many entries go into one batch where there are many alike. */
#define SYSBATCH_MANY 64

/* The first error of three results, else the last of them. */
static inline int64_t sysbatch_first_error(int64_t a, int64_t b, int64_t c)
{
	return a < 0 ? a : b < 0 ? b : c;
}

/*
 * Reads a file, from its beginning to its end or until `size` bytes are there.
 * Returns how many.
 */
static inline int64_t sysbatch_read_file(struct sysbatch *sysbatch,
					 int directory, const char *path,
					 void *buffer, size_t size)
{
	enum { OPEN, SIZE, ROOM, PLACE, READ, ADVANCE, CLOSE, COUNT };
	struct sysbatch_entry e[COUNT];
	int64_t r[COUNT] = { 0 };
	struct sysbatch_run run;
	int error;

	sysbatch_call(&e[OPEN], __NR_openat, 3, sysbatch_value(directory),
		      sysbatch_pointer(path),
		      sysbatch_value(O_RDONLY | O_CLOEXEC));
	sysbatch_branch(&e[OPEN], SYSBATCH_JUMP_EXIT, 0, 0);
	sysbatch_call(&e[SIZE], SYSBATCH_BUILT_IN_SET, 1, sysbatch_value(0));
	/* Until there is no room... */
	sysbatch_call(&e[ROOM], SYSBATCH_BUILT_IN_SUB, 2,
		      sysbatch_value((int64_t)size), sysbatch_result(SIZE));
	sysbatch_branch(&e[ROOM], 0, CLOSE - ROOM - 1, 0);
	sysbatch_call(&e[PLACE], SYSBATCH_BUILT_IN_ADD, 2,
		      sysbatch_pointer(buffer), sysbatch_result(SIZE));
	/* ...or nothing more comes... */
	sysbatch_call(&e[READ], __NR_read, 3, sysbatch_result(OPEN),
		      sysbatch_result(PLACE), sysbatch_result(ROOM));
	sysbatch_branch(&e[READ], CLOSE - READ - 1, CLOSE - READ - 1, 0);
	sysbatch_call(&e[ADVANCE], SYSBATCH_BUILT_IN_ADD, 2,
		      sysbatch_result(SIZE), sysbatch_result(READ));
	sysbatch_destination(&e[ADVANCE], SIZE);
	/* ...again. */
	sysbatch_branch(&e[ADVANCE], 0, 0, ROOM - ADVANCE - 1);
	sysbatch_call(&e[CLOSE], __NR_close, 1, sysbatch_result(OPEN));

	sysbatch_run_init(&run, e, COUNT, r, COUNT);
	run.fuel = UINT64_MAX;
	error = sysbatch_run_batch(sysbatch, &run);
	if (error < 0)
		return error;
	return sysbatch_first_error(r[OPEN], r[READ], r[SIZE]);
}

/*
 * Copies up to `length` bytes between files, from and to where they are. Where
 * copy_file_range(2) copies as much as it likes, this goes on to the end.
 * Returns how many; an error if there was one before the first byte.
 */
static inline int64_t sysbatch_copy_file_range(struct sysbatch *sysbatch,
					       int from, int to,
					       int64_t length)
{
	enum { LEFT, COPY, SUBTRACT, COUNT };
	struct sysbatch_entry e[COUNT];
	int64_t r[COUNT] = { 0 }, copied;
	struct sysbatch_run run;
	int error;

	sysbatch_call(&e[LEFT], SYSBATCH_BUILT_IN_SET, 1,
		      sysbatch_value(length));
	sysbatch_branch(&e[LEFT], SYSBATCH_JUMP_EXIT, SYSBATCH_JUMP_EXIT, 0);
	sysbatch_call(&e[COPY], __NR_copy_file_range, 6, sysbatch_value(from),
		      sysbatch_value(0), sysbatch_value(to), sysbatch_value(0),
		      sysbatch_result(LEFT), sysbatch_value(0));
	sysbatch_branch(&e[COPY], SYSBATCH_JUMP_EXIT, SYSBATCH_JUMP_EXIT, 0);
	sysbatch_call(&e[SUBTRACT], SYSBATCH_BUILT_IN_SUB, 2,
		      sysbatch_result(LEFT), sysbatch_result(COPY));
	sysbatch_destination(&e[SUBTRACT], LEFT);
	sysbatch_branch(&e[SUBTRACT], 0, 0, COPY - SUBTRACT - 1);

	sysbatch_run_init(&run, e, COUNT, r, COUNT);
	run.fuel = UINT64_MAX;
	error = sysbatch_run_batch(sysbatch, &run);
	if (error < 0)
		return error;
	copied = length - r[LEFT];
	return copied == 0 && r[COPY] < 0 ? r[COPY] : copied;
}

/*
 * Opens the first of `count` paths that can be opened. Returns the descriptor
 * and puts the index of its path into `*which`, unless that is null; else the
 * error of the last path, -ENOENT if there is none.
 */
static inline int64_t sysbatch_open_first(struct sysbatch *sysbatch,
					  int directory,
					  const char *const paths[],
					  size_t count, int flags, mode_t mode,
					  size_t *which)
{
	struct sysbatch_entry e[SYSBATCH_MANY];
	int64_t r[SYSBATCH_MANY], result = -ENOENT;
	struct sysbatch_run run;
	size_t first, k, n;
	int error;

	for (first = 0; first < count && result < 0; first += n) {
		n = count - first < SYSBATCH_MANY ? count - first
						  : SYSBATCH_MANY;
		for (k = 0; k < n; k++) {
			sysbatch_call(&e[k], __NR_openat, 4,
				      sysbatch_value(directory),
				      sysbatch_pointer(paths[first + k]),
				      sysbatch_value(flags),
				      sysbatch_value((int64_t)mode));
			sysbatch_branch(&e[k], 0, SYSBATCH_JUMP_EXIT,
					SYSBATCH_JUMP_EXIT);
			r[k] = -ENOENT;
		}
		sysbatch_run_init(&run, e, n, r, n);
		error = sysbatch_run_batch(sysbatch, &run);
		if (error < 0)
			return error;
		k = run.status == SYSBATCH_STATUS_EXIT ? (size_t)run.pc : n - 1;
		result = r[k];
		if (result >= 0 && which)
			*which = first + k;
	}
	return result;
}

/*
 * Runs `count` entries that `fill` makes, SYSBATCH_MANY at a time, with their
 * results in `results`. Returns how many were run, all unless one left.
 */
static inline int64_t
sysbatch_run_many(struct sysbatch *sysbatch, size_t count, int64_t *results,
		  void (*fill)(struct sysbatch_entry *entry, size_t index,
			       void *argument),
		  void *argument)
{
	struct sysbatch_entry e[SYSBATCH_MANY];
	struct sysbatch_run run;
	size_t first, k, n;
	int error;

	for (first = 0; first < count; first += n) {
		n = count - first < SYSBATCH_MANY ? count - first
						  : SYSBATCH_MANY;
		for (k = 0; k < n; k++)
			fill(&e[k], first + k, argument);
		sysbatch_run_init(&run, e, n, results + first, n);
		error = sysbatch_run_batch(sysbatch, &run);
		if (error < 0)
			return error;
		if (run.status == SYSBATCH_STATUS_EXIT)
			return (int64_t)(first + run.pc + 1);
	}
	return (int64_t)count;
}

static inline void sysbatch_fill_close(struct sysbatch_entry *entry,
				       size_t index, void *argument)
{
	sysbatch_call(entry, __NR_close, 1,
		      sysbatch_value(((const int *)argument)[index]));
}

/* Closes many descriptors; the result of each goes to `results`. */
static inline int64_t sysbatch_close_many(struct sysbatch *sysbatch,
					  const int *descriptors, size_t count,
					  int64_t *results)
{
	return sysbatch_run_many(sysbatch, count, results, sysbatch_fill_close,
				 (void *)(uintptr_t)descriptors);
}

/* What sysbatch_stat_many asks about. */
struct sysbatch_stat_request {
	int directory;
	const char *const *paths;
	int flags;
	unsigned int mask;
	struct statx *answers;
};

static inline void sysbatch_fill_stat(struct sysbatch_entry *entry,
				      size_t index, void *argument)
{
	const struct sysbatch_stat_request *request =
		(const struct sysbatch_stat_request *)argument;

	sysbatch_call(entry, __NR_statx, 5, sysbatch_value(request->directory),
		      sysbatch_pointer(request->paths[index]),
		      sysbatch_value(request->flags),
		      sysbatch_value(request->mask),
		      sysbatch_pointer(&request->answers[index]));
}

/* Asks about many files; the result of each goes to `results`. */
static inline int64_t sysbatch_stat_many(struct sysbatch *sysbatch,
					 int directory,
					 const char *const paths[],
					 size_t count, int flags,
					 unsigned int mask,
					 struct statx *answers,
					 int64_t *results)
{
	struct sysbatch_stat_request request = { directory, paths, flags, mask,
						 answers };

	return sysbatch_run_many(sysbatch, count, results, sysbatch_fill_stat,
				 &request);
}

/* What sysbatch_sendmmsg and sysbatch_recvmmsg transfer. */
struct sysbatch_messages {
	int32_t call;
	int socket;
	struct mmsghdr *messages;
	int flags;
	int later_flags;
};

static inline void sysbatch_fill_message(struct sysbatch_entry *entry,
					 size_t index, void *argument)
{
	const struct sysbatch_messages *m =
		(const struct sysbatch_messages *)argument;

	sysbatch_call(entry, m->call, 3, sysbatch_value(m->socket),
		      sysbatch_pointer(&m->messages[index].msg_hdr),
		      sysbatch_value(index ? m->later_flags : m->flags));
	/* The first that fails is the last. */
	sysbatch_branch(entry, SYSBATCH_JUMP_EXIT, 0, 0);
}

/* How many messages were transferred, or the error of the first. */
static inline int64_t sysbatch_transfer(struct sysbatch *sysbatch,
					struct sysbatch_messages *m,
					size_t count)
{
	int64_t results[SYSBATCH_MANY], ran;
	size_t k;

	if (count > SYSBATCH_MANY)
		count = SYSBATCH_MANY;
	ran = sysbatch_run_many(sysbatch, count, results, sysbatch_fill_message,
				m);
	if (ran < 0)
		return ran;
	for (k = 0; k < (size_t)ran && results[k] >= 0; k++)
		m->messages[k].msg_len = (unsigned int)results[k];
	return k == 0 && ran > 0 ? results[0] : (int64_t)k;
}

/*
 * Sends up to SYSBATCH_MANY messages, by sendmsg(2). Returns how many were
 * sent; the error of the first if that failed.
 */
static inline int64_t sysbatch_sendmmsg(struct sysbatch *sysbatch, int socket,
					struct mmsghdr *messages, size_t count,
					int flags)
{
	struct sysbatch_messages m = { __NR_sendmsg, socket, messages, flags,
				       flags };

	return sysbatch_transfer(sysbatch, &m, count);
}

/*
 * Receives up to SYSBATCH_MANY messages, by recvmsg(2); with MSG_WAITFORONE it
 * waits for the first alone. Returns how many were received; the error of the
 * first if that failed.
 */
static inline int64_t sysbatch_recvmmsg(struct sysbatch *sysbatch, int socket,
					struct mmsghdr *messages, size_t count,
					int flags)
{
	int first = flags & ~MSG_WAITFORONE;
	int later = flags & MSG_WAITFORONE ? first | MSG_DONTWAIT : first;
	struct sysbatch_messages m = { __NR_recvmsg, socket, messages, first,
				       later };

	return sysbatch_transfer(sysbatch, &m, count);
}

/*
 * Makes a call on a file that is opened for it by a path relative to a
 * directory: an ...at variant of any call that takes a descriptor first. The
 * call has two more arguments.
 */
static inline int64_t sysbatch_call_at(struct sysbatch *sysbatch,
				       int directory, const char *path,
				       int flags, int32_t call,
				       struct sysbatch_operand a,
				       struct sysbatch_operand b)
{
	enum { OPEN, CALL, CLOSE, COUNT };
	struct sysbatch_entry e[COUNT];
	int64_t r[COUNT] = { 0 };
	struct sysbatch_run run;
	int error;

	sysbatch_call(&e[OPEN], __NR_openat, 3, sysbatch_value(directory),
		      sysbatch_pointer(path), sysbatch_value(flags | O_CLOEXEC));
	sysbatch_branch(&e[OPEN], SYSBATCH_JUMP_EXIT, 0, 0);
	sysbatch_call(&e[CALL], call, 3, sysbatch_result(OPEN), a, b);
	sysbatch_call(&e[CLOSE], __NR_close, 1, sysbatch_result(OPEN));
	sysbatch_run_init(&run, e, COUNT, r, COUNT);
	error = sysbatch_run_batch(sysbatch, &run);
	if (error < 0)
		return error;
	/* Some errors of writing are told of as late as by close(2). */
	if (r[CALL] >= 0 && r[CLOSE] < 0)
		return r[CLOSE];
	return sysbatch_first_error(r[OPEN], r[CALL], r[CALL]);
}

/* truncate(2), relative to a directory. */
static inline int64_t sysbatch_truncateat(struct sysbatch *sysbatch,
					  int directory, const char *path,
					  int64_t length)
{
	return sysbatch_call_at(sysbatch, directory, path, O_WRONLY,
				__NR_ftruncate, sysbatch_value(length),
				sysbatch_value(0));
}

/* statfs(2), relative to a directory. */
static inline int64_t sysbatch_statfsat(struct sysbatch *sysbatch,
					int directory, const char *path,
					struct statfs *answer)
{
	return sysbatch_call_at(sysbatch, directory, path, O_PATH,
				__NR_fstatfs, sysbatch_pointer(answer),
				sysbatch_value(0));
}

/*
 * Sets the same action for many signals. The first is set by sigaction(2) of
 * the C library, which knows how its handlers return; the batch asks the
 * kernel for what it has set and sets the others to that. Returns 0, or the
 * first error; those before it are set.
 */
static inline int64_t sysbatch_sigaction_many(struct sysbatch *sysbatch,
					      const int *signals, size_t count,
					      const struct sigaction *action)
{
	struct sysbatch_entry e[SYSBATCH_MANY + 1];
	int64_t r[SYSBATCH_MANY + 1];
	/* The kernel's structure: handler, flags, restorer, mask. */
	uint64_t kernel_action[4] = { 0, 0, 0, 0 };
	struct sysbatch_run run;
	size_t k;
	int error, saved = errno;

	if (count == 0)
		return 0;
	if (count > SYSBATCH_MANY)
		return -EINVAL;
	if (sigaction(signals[0], action, NULL) != 0) {
		error = -errno;
		errno = saved;
		return error;
	}
	for (k = 0; k < count; k++) {
		sysbatch_call(&e[k], __NR_rt_sigaction, 4,
			      sysbatch_value(signals[k]),
			      sysbatch_pointer(k ? kernel_action : NULL),
			      sysbatch_pointer(k ? NULL : kernel_action),
			      sysbatch_value(8));
		sysbatch_branch(&e[k], SYSBATCH_JUMP_EXIT, 0, 0);
	}
	sysbatch_run_init(&run, e, count, r, count);
	error = sysbatch_run_batch(sysbatch, &run);
	if (error < 0)
		return error;
	return run.status == SYSBATCH_STATUS_EXIT ? r[run.pc] : 0;
}

#endif /* _GNU_SOURCE */

#endif /* SYSBATCH_COMBINED_H */

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Opens, reads and closes 1,000 files in random order: by plain calls, by
 * syslets that run here, and by syslets that may go elsewhere; with the files
 * in the page cache and dropped from it. Tells what each takes, also by what
 * plain calls take.
 *
 *	cc syslet-files.c $(pkg-config --cflags --libs sysbatch)
 *	./a.out DIRECTORY
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/syslet.h>

#define FILES 1000
#define SIZE 4096

/* One file: three atoms and what they need. */
struct request {
	char name[300], *path, buffer[SIZE], *target;
	unsigned long flags, mode, size;
	long file, got, closed;
	struct syslet_uatom open, read, close;
};

static struct request requests[FILES];
static struct syslet_uatom *ring[FILES];
static struct async_head_user head;
/* A folder to remove at the end, and how many files are in it or another. */
static char *folder;
static int files;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void tidy(void)
{
	int k;

	for (k = 0; k < files; k++)
		unlink(requests[k].name);
	if (folder)
		rmdir(folder);
}

static double now(void)
{
	struct timespec time;

	if (clock_gettime(CLOCK_MONOTONIC, &time) != 0)
		fail("clock_gettime");
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void prepare(struct request *r, const char *directory, int number)
{
	ssize_t written;
	int file;

	memset(r->buffer, 'a' + number % 26, SIZE);
	snprintf(r->name, sizeof(r->name), "%s/%d", directory, number);
	file = open(r->name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (file < 0)
		fail(r->name);
	files++;
	written = write(file, r->buffer, SIZE);
	if (written >= 0 && written < SIZE) {
		fprintf(stderr, "%s: %zd of %d bytes written\n", r->name,
			written, SIZE);
		exit(1);
	}
	/* What is not on the disk cannot be dropped from the cache. */
	if (written < 0 || (number == FILES - 1 && syncfs(file) != 0) ||
	    close(file) != 0)
		fail(r->name);
	r->path = r->name;
	r->target = r->buffer;
	r->flags = O_RDONLY;
	r->size = SIZE;
	r->open.nr = __NR_open;
	r->open.ret_ptr = &r->file;
	r->open.arg_ptr[0] = (unsigned long *)&r->path;
	r->open.arg_ptr[1] = &r->flags;
	r->open.arg_ptr[2] = &r->mode;
	r->open.next = &r->read;
	r->read.nr = __NR_read;
	r->read.ret_ptr = &r->got;
	r->read.arg_ptr[0] = (unsigned long *)&r->file;
	r->read.arg_ptr[1] = (unsigned long *)&r->target;
	r->read.arg_ptr[2] = &r->size;
	r->read.next = &r->close;
	r->close.nr = __NR_close;
	r->close.ret_ptr = &r->closed;
	r->close.arg_ptr[0] = (unsigned long *)&r->file;
}

static void forget(int cached)
{
	int k;

	for (k = 0; k < FILES; k++) {
		struct request *r = &requests[k];
		int file = open(r->name, O_RDONLY);

		if (file < 0)
			fail(r->name);
		if (cached ? readahead(file, 0, SIZE) < 0 :
			     (errno = posix_fadvise(file, 0, SIZE,
						    POSIX_FADV_DONTNEED)))
			fail(r->name);
		close(file);
		r->got = 0;
		r->closed = -1;
	}
}

static void plain(void)
{
	int k;

	for (k = 0; k < FILES; k++) {
		struct request *r = &requests[k];

		r->file = open(r->name, O_RDONLY);
		r->got = read(r->file, r->buffer, SIZE);
		r->closed = close(r->file);
	}
}

/* Returns how many went elsewhere. */
static int syslets(unsigned long flags)
{
	int k, elsewhere = 0;

	head.user_ring_idx = head.kernel_ring_idx;
	for (k = 0; k < FILES; k++) {
		struct syslet_uatom *done;

		requests[k].open.flags = SYSLET_STOP_ON_NEGATIVE | flags;
		done = async_exec(&requests[k].open, &head);
		if (done == (struct syslet_uatom *)-1)
			fail("async_exec");
		elsewhere += !done;
	}
	if (elsewhere &&
	    async_wait(elsewhere, head.user_ring_idx, &head) != 0)
		fail("async_wait");
	memset(ring, 0, sizeof(ring));
	return elsewhere;
}

static void check(void)
{
	int k;

	for (k = 0; k < FILES; k++) {
		const struct request *r = &requests[k];

		if (r->file < 0 || r->got != SIZE || r->closed != 0) {
			fprintf(stderr, "%s: open %ld, read %ld, close %ld\n",
				r->path, r->file, r->got, r->closed);
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	static char template[] = "/tmp/syslet-files-XXXXXX";
	const char *directory = argc > 1 ? argv[1] : (folder = mkdtemp(template));
	int k, cached;

	if (!directory)
		fail(template);
	if (atexit(tidy) != 0)
		fail("atexit");
	head.completion_ring = ring;
	head.ring_size_bytes = sizeof(ring);
	for (k = 0; k < FILES; k++)
		prepare(&requests[k], directory, k);
	srandom(1);
	for (k = FILES - 1; k > 0; k--) {
		/* Only the names change places; the atoms stay. */
		int other = random() % (k + 1);
		char *path = requests[k].path;

		requests[k].path = requests[other].path;
		requests[other].path = path;
	}
	printf("%10s %10s %14s %8s %14s %8s %10s\n", "ms", "plain",
	       "syslets, sync", "by plain", "syslets, async", "by plain",
	       "elsewhere");
	for (cached = 1; cached >= 0; cached--) {
		double start, times[3];
		int elsewhere;

		forget(cached);
		start = now();
		plain();
		times[0] = now() - start;
		check();
		forget(cached);
		start = now();
		syslets(SYSLET_SYNC);
		times[1] = now() - start;
		check();
		forget(cached);
		start = now();
		elsewhere = syslets(0);
		times[2] = now() - start;
		check();
		printf("%10s %10.2f %14.2f %8.2f %14.2f %8.2f %10d\n",
		       cached ? "cached" : "uncached", times[0], times[1],
		       times[1] / times[0], times[2], times[2] / times[0],
		       elsewhere);
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		fail("standard output");
	return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Opens, reads and closes 1,000 files in random order: by plain calls, by
 * syslets that run here, and by syslets that may go elsewhere; with the files
 * in the page cache and dropped from it.
 *
 *	cc syslet-files.c $(pkg-config --cflags --libs sysbatch)
 *	./a.out DIRECTORY
 */
#define _GNU_SOURCE
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

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void prepare(struct request *r, const char *directory, int number)
{
	int file;

	memset(r->buffer, 'a' + number % 26, SIZE);
	snprintf(r->name, sizeof(r->name), "%s/%d", directory, number);
	file = open(r->name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	/* What is not on the disk cannot be dropped from the cache. */
	if (file < 0 || write(file, r->buffer, SIZE) != SIZE ||
	    (number == FILES - 1 && syncfs(file) != 0)) {
		perror(r->name);
		exit(1);
	}
	close(file);
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
		int file = open(requests[k].name, O_RDONLY);

		if (cached)
			readahead(file, 0, SIZE);
		else
			posix_fadvise(file, 0, SIZE, POSIX_FADV_DONTNEED);
		close(file);
		requests[k].got = 0;
	}
}

static void plain(void)
{
	int k;

	for (k = 0; k < FILES; k++) {
		struct request *r = &requests[k];

		r->file = open(r->name, O_RDONLY);
		r->got = read(r->file, r->buffer, SIZE);
		close(r->file);
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
		if (done == (struct syslet_uatom *)-1) {
			perror("async_exec");
			exit(1);
		}
		elsewhere += !done;
	}
	if (elsewhere &&
	    async_wait(elsewhere, head.user_ring_idx, &head) != 0) {
		perror("async_wait");
		exit(1);
	}
	memset(ring, 0, sizeof(ring));
	return elsewhere;
}

static void check(void)
{
	int k;

	for (k = 0; k < FILES; k++) {
		if (requests[k].got != SIZE) {
			fprintf(stderr, "%s: %ld\n", requests[k].name,
				requests[k].got);
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/syslet-files-XXXXXX";
	const char *directory = argc > 1 ? argv[1] : mkdtemp(folder);
	int k, cached;

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
	printf("%10s %10s %14s %14s %10s\n", "ms", "plain", "syslets, sync",
	       "syslets, async", "elsewhere");
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
		printf("%10s %10.2f %14.2f %14.2f %10d\n",
		       cached ? "cached" : "uncached", times[0], times[1],
		       times[2], elsewhere);
	}
	for (k = 0; k < FILES; k++)
		unlink(requests[k].name);
	if (argc < 2)
		rmdir(directory);
	return 0;
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whole programs of syslets: a server, and a thousand files. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "atoms.h"

/* accept, an option, and an echo loop: one syslet serves a real client. */
static void server(void)
{
	/* At the end of its data READ skips to what follows it in memory. */
	enum { ACCEPT, OPTION, READ, CLOSE, WRITE, COUNT };
	struct syslet_uatom atoms[COUNT];
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	unsigned long listening, none = 0, level = IPPROTO_TCP;
	unsigned long option = TCP_NODELAY, size = 64;
	int one = 1, *value = &one, client, k;
	unsigned long value_size = sizeof(one);
	char buffer[64], *target = buffer, answer[16];
	long connection = 0, ignored = 0, got = 0, sent = 0, closed = -1;

	listening = (unsigned long)socket(AF_INET, SOCK_STREAM, 0);
	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind((int)listening, (struct sockaddr *)&address, length) == 0);
	CHECK(listen((int)listening, 1) == 0);
	CHECK(getsockname((int)listening, (struct sockaddr *)&address,
			  &length) == 0);

	atom(&atoms[ACCEPT], __NR_accept, &listening, &none, &none, &connection,
	     SYSLET_STOP_ON_NEGATIVE, &atoms[OPTION]);
	atom(&atoms[OPTION], __NR_setsockopt, &connection, &level, &option,
	     &ignored, SYSLET_STOP_ON_NEGATIVE, &atoms[READ]);
	atoms[OPTION].arg_ptr[3] = (unsigned long *)&value;
	atoms[OPTION].arg_ptr[4] = &value_size;
	atom(&atoms[READ], __NR_read, &connection, &target, &size, &got,
	     SYSLET_STOP_ON_NON_POSITIVE | SYSLET_SKIP_TO_NEXT_ON_STOP,
	     &atoms[WRITE]);
	atom(&atoms[CLOSE], __NR_close, &connection, NULL, NULL, &closed, 0,
	     NULL);
	atom(&atoms[WRITE], __NR_write, &connection, &target, &got, &sent,
	     SYSLET_STOP_ON_NON_POSITIVE, &atoms[READ]);

	CHECK(async_exec(&atoms[ACCEPT], &head) == NULL);
	client = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(client, (struct sockaddr *)&address, length) == 0);
	for (k = 0; k < 20; k++) {
		CHECK_EQUAL(send(client, "ping", 4, 0), 4);
		CHECK_EQUAL(recv(client, answer, 4, MSG_WAITALL), 4);
		CHECK(memcmp(answer, "ping", 4) == 0);
	}
	close(client);
	CHECK(reap() == &atoms[CLOSE]);
	CHECK(connection >= 0 && got == 0);
	CHECK_EQUAL(ignored, 0);
	CHECK_EQUAL(closed, 0);
	close((int)listening);
}

/* One of many files, with its syslet. */
struct request {
	char name[40], *path, buffer[64], *target;
	unsigned long flags, size;
	long file, got, closed;
	struct syslet_uatom open, read, close;
};

/* Opens, reads and closes every file; returns how many went elsewhere. */
static unsigned long read_files(struct request *requests, int count,
				struct async_head_user *with,
				unsigned long flags)
{
	unsigned long elsewhere = 0, start = with->kernel_ring_idx;
	int k;

	for (k = 0; k < count; k++) {
		struct syslet_uatom *done;

		memset(requests[k].buffer, 0, sizeof(requests[k].buffer));
		requests[k].closed = -1;
		requests[k].open.flags = flags | SYSLET_STOP_ON_NEGATIVE;
		done = async_exec(&requests[k].open, with);
		CHECK(done == NULL || done == &requests[k].close);
		elsewhere += done == NULL;
	}
	CHECK_EQUAL(async_wait(elsewhere, start, with), 0);
	for (k = 0; k < (int)elsewhere; k++) {
		struct syslet_uatom **place =
			&with->completion_ring[(start + (unsigned long)k) %
					       (with->ring_size_bytes / 8)];

		CHECK(*place != NULL && (*place)->nr == __NR_close);
		*place = NULL;
	}
	for (k = 0; k < count; k++) {
		CHECK_EQUAL(requests[k].got, strlen(requests[k].name));
		CHECK_EQUAL(requests[k].closed, 0);
		CHECK(strcmp(requests[k].buffer, requests[k].name) == 0);
	}
	return elsewhere;
}

/* The announcement's own: 1,000 files in random order, each way. */
static void files(void)
{
	enum { COUNT = 1000 };
	static struct request requests[COUNT];
	static struct syslet_uatom *large[COUNT];
	struct async_head_user with;
	char folder[] = "/tmp/files-XXXXXX";
	int k, cached;

	CHECK(mkdtemp(folder) != NULL);
	memset(&with, 0, sizeof(with));
	with.completion_ring = large;
	with.ring_size_bytes = sizeof(large);
	for (k = 0; k < COUNT; k++) {
		struct request *r = &requests[k];
		int file;

		/* 7919 is prime: every number once, in an order of its own. */
		snprintf(r->name, sizeof(r->name), "%s/%d", folder,
			 k * 7919 % COUNT);
		file = open(r->name, O_WRONLY | O_CREAT, 0600);
		CHECK_EQUAL(write(file, r->name, strlen(r->name)),
			    strlen(r->name));
		/* What is not on the disk cannot be dropped from the cache. */
		if (k == COUNT - 1)
			CHECK_EQUAL(syncfs(file), 0);
		close(file);
		r->path = r->name;
		r->target = r->buffer;
		r->size = sizeof(r->buffer);
		atom(&r->open, __NR_open, &r->path, &r->flags, NULL, &r->file, 0,
		     &r->read);
		atom(&r->read, __NR_read, &r->file, &r->target, &r->size,
		     &r->got, 0, &r->close);
		atom(&r->close, __NR_close, &r->file, NULL, NULL, &r->closed, 0,
		     NULL);
	}
	for (cached = 0; cached < 2; cached++) {
		for (k = 0; !cached && k < COUNT; k++) {
			int file = open(requests[k].name, O_RDONLY);

			posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
			close(file);
		}
		read_files(requests, COUNT, &with, 0);
		CHECK_EQUAL(read_files(requests, COUNT, &with, SYSLET_SYNC), 0);
		CHECK_EQUAL(read_files(requests, COUNT, &with, SYSLET_ASYNC),
			    COUNT);
	}
	CHECK_EQUAL(async_head_release(&with), 0);
	for (k = 0; k < COUNT; k++)
		unlink(requests[k].name);
	CHECK(rmdir(folder) == 0);
}

int main(void)
{
	new_head();
	RUN(server());
	RUN(files());
	CHECK_EQUAL(async_head_release(&head), 0);
	return report();
}

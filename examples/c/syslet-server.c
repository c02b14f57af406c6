/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A server that is one syslet: accept, setsockopt, then read until the client
 * is through, adding up what it sent; close, and accept again. After as many
 * clients as were asked for it ends.
 *
 *	cc syslet-server.c $(pkg-config --cflags --libs sysbatch)
 *	./a.out 8000 2 &
 *	echo hello | nc -N localhost 8000
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/syslet.h>

/*
 * NOTE lies behind READ in memory: READ skips to it when nothing comes. It adds
 * up the errors: 0 at the end of what a client sent.
 */
enum { ACCEPT, OPTION, READ, NOTE, CLOSE, COUNT_DOWN, ADD, ATOMS };

static struct syslet_uatom atoms[ATOMS];

static void init(int which, unsigned long nr, long *ret, unsigned long flags,
		 int next, void *a, void *b, void *c)
{
	struct syslet_uatom *atom = &atoms[which];

	atom->flags = flags;
	atom->nr = nr;
	atom->ret_ptr = ret;
	atom->next = &atoms[next];
	atom->arg_ptr[0] = a;
	atom->arg_ptr[1] = b;
	atom->arg_ptr[2] = c;
}

int main(int argc, char **argv)
{
	static char buffer[4096];
	struct syslet_uatom *ring[1] = { NULL }, *done;
	struct async_head_user head;
	struct sockaddr_in address;
	char *target = buffer;
	int listener;
	unsigned long listening, none = 0, size = sizeof(buffer);
	unsigned long level = IPPROTO_TCP, option = TCP_NODELAY, length = 4;
	int on = 1, *value = &on;
	long client = -1, option_set = 0, got = 0, closed = 0, left = -1;
	unsigned long clients = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	unsigned long total = 0, minus = -1UL;
	unsigned long errors = 0;
	unsigned long *clients_ptr = &clients, *total_ptr = &total;
	unsigned long *errors_ptr = &errors;

	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(argc > 1 ? atoi(argv[1]) : 8000);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 ||
	    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 16)) {
		perror("cannot listen");
		return 1;
	}
	listening = listener;

	init(ACCEPT, __NR_accept, &client, SYSLET_STOP_ON_NEGATIVE, OPTION,
	     &listening, &none, &none);
	init(OPTION, __NR_setsockopt, &option_set, SYSLET_STOP_ON_NEGATIVE,
	     READ, &client, &level, &option);
	atoms[OPTION].arg_ptr[3] = (unsigned long *)&value;
	atoms[OPTION].arg_ptr[4] = &length;
	init(READ, __NR_read, &got,
	     SYSLET_STOP_ON_NON_POSITIVE | SYSLET_SKIP_TO_NEXT_ON_STOP, ADD,
	     &client, &target, &size);
	init(NOTE, __NR_umem_add, NULL, 0, CLOSE, &errors_ptr, &got, NULL);
	init(CLOSE, __NR_close, &closed, SYSLET_STOP_ON_NEGATIVE, COUNT_DOWN,
	     &client, NULL, NULL);
	init(COUNT_DOWN, __NR_umem_add, &left, SYSLET_STOP_ON_ZERO, ACCEPT,
	     &clients_ptr, &minus, NULL);
	init(ADD, __NR_umem_add, NULL, 0, READ, &total_ptr, &got, NULL);

	memset(&head, 0, sizeof(head));
	head.completion_ring = ring;
	head.ring_size_bytes = sizeof(ring);
	done = async_exec(&atoms[ACCEPT], &head);
	if (done == (struct syslet_uatom *)-1 ||
	    (!done && async_wait(1, 0, &head) != 0)) {
		perror("cannot serve");
		return 1;
	}
	printf("%lu bytes received\n", total);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("standard output");
		return 1;
	}
	/* Where it ended before there were none left, and what was not read. */
	if (left != 0 || errors != 0) {
		fprintf(stderr, "accept %ld, setsockopt %ld, read %ld, close %ld\n",
			client, option_set, errors ? (long)errors : got, closed);
		return 1;
	}
	return 0;
}

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

/* CLOSE lies behind READ in memory: READ skips to it when nothing comes. */
enum { ACCEPT, OPTION, READ, CLOSE, COUNT_DOWN, ADD, ATOMS };

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
	struct syslet_uatom *ring[1] = { NULL };
	struct async_head_user head;
	struct sockaddr_in address;
	char *target = buffer;
	unsigned long listening, none = 0, size = sizeof(buffer);
	unsigned long level = IPPROTO_TCP, option = TCP_NODELAY, length = 4;
	int on = 1, *value = &on;
	long client = -1, got = 0, ignored, left;
	unsigned long clients = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	unsigned long total = 0, minus = -1UL;
	unsigned long *clients_ptr = &clients, *total_ptr = &total;

	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons(argc > 1 ? atoi(argv[1]) : 8000);
	listening = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listening, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listening, 16)) {
		perror("cannot listen");
		return 1;
	}

	init(ACCEPT, __NR_accept, &client, SYSLET_STOP_ON_NEGATIVE, OPTION,
	     &listening, &none, &none);
	init(OPTION, __NR_setsockopt, &ignored, 0, READ, &client, &level,
	     &option);
	atoms[OPTION].arg_ptr[3] = (unsigned long *)&value;
	atoms[OPTION].arg_ptr[4] = &length;
	init(READ, __NR_read, &got,
	     SYSLET_STOP_ON_NON_POSITIVE | SYSLET_SKIP_TO_NEXT_ON_STOP, ADD,
	     &client, &target, &size);
	init(CLOSE, __NR_close, &ignored, 0, COUNT_DOWN, &client, NULL, NULL);
	init(COUNT_DOWN, __NR_umem_add, &left, SYSLET_STOP_ON_ZERO, ACCEPT,
	     &clients_ptr, &minus, NULL);
	init(ADD, __NR_umem_add, NULL, 0, READ, &total_ptr, &got, NULL);

	memset(&head, 0, sizeof(head));
	head.completion_ring = ring;
	head.ring_size_bytes = sizeof(ring);
	if (async_exec(&atoms[ACCEPT], &head) == NULL &&
	    async_wait(1, 0, &head) != 0) {
		perror("async_wait");
		return 1;
	}
	printf("%lu bytes received\n", total);
	return client < 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look at what a system call is about to wait for, and calls that do not wait: what
 * a first try (host/src/first_try) needs of the kernel. It decides there, by what is
 * told here.
 *
 * What is seen may have changed when the call is made: another thread may put another
 * file at the number, or memory may run short. Then the call waits.
 */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/net.h>
#include <linux/openat2.h>
#include <linux/pagemap.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/syscalls.h>
#include <linux/task_work.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include <net/inet_connection_sock.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "dispatch.h"
#include "shim.h"

/* Whether what is in no cache has not been written, and is zero: nothing is read. */
static bool has_no_device(const struct inode *inode)
{
	return inode->i_sb->s_magic == TMPFS_MAGIC ||
	       inode->i_sb->s_magic == RAMFS_MAGIC;
}

/* Whether a part of a regular file is in the page cache, up to the file's end. */
static bool is_cached(const struct inode *inode, loff_t offset, u64 count)
{
	struct address_space *mapping = inode->i_mapping;
	const loff_t size = i_size_read(inode);
	pgoff_t index, last;

	if (!count || offset < 0 || offset >= size)
		return true;
	count = min_t(u64, count, MAX_RW_COUNT);
	count = min_t(u64, count, size - offset);
	last = (offset + count - 1) >> PAGE_SHIFT;
	for (index = offset >> PAGE_SHIFT; index <= last;) {
		struct folio *folio = filemap_get_folio(mapping, index);

		if (IS_ERR_OR_NULL(folio)) {
			/* A page that was swapped out has an entry. */
			if (!has_no_device(inode) ||
			    xa_load(&mapping->i_pages, index))
				return false;
			index++;
		} else {
			const bool is_uptodate = folio_test_uptodate(folio);

			index = folio->index + folio_nr_pages(folio);
			folio_put(folio);
			if (!is_uptodate && !has_no_device(inode))
				return false;
		}
		cond_resched();
	}
	return true;
}

static u32 anonymous_kind(const struct file *file)
{
	static const char *const names[] = { "[eventfd]", "[timerfd]",
					     "[signalfd]", "inotify",
					     "[eventpoll]" };
	const char *name = file->f_path.dentry->d_name.name;
	u32 kind;

	for (kind = 0; kind < ARRAY_SIZE(names); kind++)
		if (!strcmp(name, names[kind]))
			return kind + 1;
	return 0;
}

static u64 socket_facts(const struct sock *sk)
{
	u64 facts = ((u64)READ_ONCE(sk->sk_family) & 0xFF) << 16 |
		    ((u64)READ_ONCE(sk->sk_type) & 0xFF) << 24 |
		    (u64)READ_ONCE(sk->sk_protocol) << 32;

	if (sock_flag(sk, SOCK_LINGER))
		facts |= SYSBATCH_FILE_LINGERS;
	if (READ_ONCE(sk->sk_rcvlowat) <= 1)
		facts |= SYSBATCH_FILE_RECEIVES_ANYTHING;
	/* Others in the kernel read and write in its place (sockmap, TLS). */
	if (READ_ONCE(sk->sk_user_data))
		facts |= SYSBATCH_FILE_HAS_OWNER;
	if ((sk->sk_family == AF_INET || sk->sk_family == AF_INET6) &&
	    inet_csk_has_ulp((struct sock *)sk))
		facts |= SYSBATCH_FILE_HAS_OWNER;
	return facts;
}

/* A file that is looked at. */
struct looked_at {
	struct file *file;
	/* Whether a reference was taken for it. */
	bool is_held;
};

/*
 * The file at a number. As in fdget(), a reference is taken only if there is somebody
 * else who could close it.
 */
static __always_inline struct looked_at look_up(u32 fd)
{
	struct files_struct *files = current->files;
	const bool is_shared = atomic_read_acquire(&files->count) != 1;

	return (struct looked_at){
		.file = is_shared ? fget_raw(fd) :
				    files_lookup_fd_raw(files, fd),
		.is_held = is_shared,
	};
}

static u64 file_facts(struct looked_at at, const struct inode *inode)
{
	struct file *file = at.file;
	struct socket *socket = sock_from_file(file);
	u64 facts = SYSBATCH_FILE_FOUND | (inode->i_mode & S_IFMT) >> 12;

	if (file->f_mode & FMODE_READ)
		facts |= SYSBATCH_FILE_READABLE;
	if (file->f_mode & FMODE_WRITE)
		facts |= SYSBATCH_FILE_WRITABLE;
	if (file->f_flags & O_NONBLOCK)
		facts |= SYSBATCH_FILE_NEVER_BLOCKS;
	if ((file->f_flags & O_DIRECT) || IS_DAX(inode))
		facts |= SYSBATCH_FILE_DIRECT;
	/* One reference is the table's, and one may have been taken for this look. */
	if (file_count(file) <= 1 + at.is_held)
		facts |= SYSBATCH_FILE_LAST;
	if (inode->i_nlink)
		facts |= SYSBATCH_FILE_LINKED;
	if (file->f_op->flush)
		facts |= SYSBATCH_FILE_FLUSHES;
	if (file_inode(file) != inode)
		facts |= SYSBATCH_FILE_OVERLAID;
	if (socket && socket->sk)
		facts |= socket_facts(socket->sk);
	else if (inode->i_sb->s_magic == ANON_INODE_FS_MAGIC)
		facts |= (u64)anonymous_kind(file) << 32;
	else if (S_ISCHR(inode->i_mode))
		facts |= (u64)new_encode_dev(inode->i_rdev) << 32;
	return facts;
}

struct sysbatch_file sysbatch_look_at_file(u32 fd, u32 what, s64 offset,
					   u64 count)
{
	struct sysbatch_file found = { 0, 0 };
	const struct looked_at at = look_up(fd);
	struct file *file = at.file;
	const struct inode *inode;

	if (!file)
		return found;
	/* That of the file below, if this is one of an overlay. */
	inode = d_real_inode(file->f_path.dentry);
	if (likely(inode)) {
		found.magic = inode->i_sb->s_magic;
		found.facts = file_facts(at, inode);
		if (what != SYSBATCH_LOOK_AT_FILE && S_ISREG(inode->i_mode)) {
			if (what == SYSBATCH_LOOK_AT_POSITION)
				offset = READ_ONCE(file->f_pos);
			if (is_cached(inode, offset, count))
				found.facts |= SYSBATCH_FILE_CACHED;
		}
	}
	if (at.is_held)
		fput(file);
	return found;
}

struct sysbatch_file sysbatch_look_at_path(s32 directory, u64 name, u32 how)
{
	unsigned int flags = LOOKUP_CACHED | LOOKUP_AUTOMOUNT;
	struct sysbatch_file found = { 0, 0 };
	const struct inode *inode;
	struct path path;
	int error;

	if (how & SYSBATCH_LOOK_FOLLOWS)
		flags |= LOOKUP_FOLLOW;
	if (how & SYSBATCH_LOOK_TAKES_EMPTY)
		flags |= LOOKUP_EMPTY;
	error = user_path_at(directory, (const char __user *)(uintptr_t)name,
			     flags, &path);
	if (error) {
		found.magic = -error;
		return found;
	}
	inode = d_real_inode(path.dentry);
	if (likely(inode)) {
		found.magic = inode->i_sb->s_magic;
		found.facts = SYSBATCH_FILE_FOUND |
			      (inode->i_mode & S_IFMT) >> 12;
		if (READ_ONCE(inode->i_link))
			found.facts |= SYSBATCH_FILE_CACHED;
	}
	path_put(&path);
	return found;
}

/*
 * Makes a call whose waits are broken as a signal breaks them, by the flag that
 * announces work of the task's. Nobody else takes the flag away, so that the call
 * finds it wherever it would wait. Whoever adds work meanwhile relies on the flag
 * that was there: that is looked for when it is gone.
 */
static __always_inline s64 dispatch_unless_waiting(struct pt_regs *regs,
						   u32 number)
{
	s64 result;

	set_thread_flag(TIF_NOTIFY_SIGNAL);
	result = sysbatch_dispatch(regs, number);
	clear_thread_flag(TIF_NOTIFY_SIGNAL);
	smp_mb__after_atomic();
	if (unlikely(task_work_pending(current)))
		set_thread_flag(TIF_NOTIFY_RESUME);
	return result;
}

s64 sysbatch_dispatch_unless_waiting(struct pt_regs *regs, u32 number)
{
	return dispatch_unless_waiting(regs, number);
}

s64 sysbatch_open_cached(struct pt_regs *regs, s32 directory, u64 path,
			 u32 flags, u64 scratch)
{
	struct open_how how = {
		.flags = flags & VALID_OPEN_FLAGS,
		.resolve = RESOLVE_CACHED,
	};

	/* As build_open_how() (fs/open.c) does for openat(2). */
	if (how.flags & O_PATH)
		how.flags &= O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
	if (copy_to_user((void __user *)(uintptr_t)scratch, &how, sizeof(how)))
		return -EAGAIN;
	regs->di = directory;
	regs->si = path;
	regs->dx = scratch;
	regs->r10 = sizeof(how);
	return dispatch_unless_waiting(regs, __NR_openat2);
}

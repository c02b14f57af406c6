// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device: /dev/sysbatch, one ioctl, and a read that tells the version.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>

#include "shim.h"

/* struct PtRegs in host/src/registers.rs. */
static_assert(offsetof(struct pt_regs, r10) == 56);
static_assert(offsetof(struct pt_regs, r9) == 64);
static_assert(offsetof(struct pt_regs, r8) == 72);
static_assert(offsetof(struct pt_regs, dx) == 96);
static_assert(offsetof(struct pt_regs, si) == 104);
static_assert(offsetof(struct pt_regs, di) == 112);

static long sysbatch_ioctl(struct file *file, unsigned int request,
			   unsigned long address)
{
	long result;

	/*
	 * The caller of an ioctl may have no reference of its own on the file
	 * (fdget()), and a sub-call may close the descriptor: without this one
	 * the file, and with it this module, could go while the batch runs.
	 */
	get_file(file);
	result = sysbatch_run_saved(request, address, current_pt_regs());
	fput(file);
	return result;
}

static ssize_t sysbatch_read(struct file *file, char __user *buffer,
			     size_t count, loff_t *position)
{
	return simple_read_from_buffer(buffer, count, position,
				       SYSBATCH_HOST_INFO, SYSBATCH_INFO_SIZE);
}

/*
 * There is no compat_ioctl: a 32-bit task's system calls have other numbers
 * and arguments, and get -ENOTTY.
 */
static const struct file_operations sysbatch_operations = {
	.owner		= THIS_MODULE,
	.read		= sysbatch_read,
	.unlocked_ioctl	= sysbatch_ioctl,
	.llseek		= default_llseek,
};

static struct miscdevice sysbatch_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "sysbatch",
	.fops	= &sysbatch_operations,
	/* A batch can do what its task can do without it. */
	.mode	= 0666,
};

static int __init sysbatch_init(void)
{
	int error;

	error = sysbatch_dispatch_init();
	if (error)
		return error;
	error = misc_register(&sysbatch_device);
	if (error)
		pr_err("cannot register the device /dev/%s: error %d\n",
		       sysbatch_device.name, error);
	return error;
}

static void __exit sysbatch_exit(void)
{
	misc_deregister(&sysbatch_device);
}

module_init(sysbatch_init);
module_exit(sysbatch_exit);

MODULE_DESCRIPTION("Many system calls in one user-to-kernel crossing");
MODULE_AUTHOR("The sysbatch authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(SYSBATCH_VERSION);

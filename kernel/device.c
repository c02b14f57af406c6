// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device: /dev/sysbatch, one ioctl, and a read that tells the version.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kstrtox.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>

#include "compat.h"
#include "observe.h"
#include "shim.h"

/* struct PtRegs in host/src/registers.rs. */
static_assert(offsetof(struct pt_regs, r10) == 56);
static_assert(offsetof(struct pt_regs, r9) == 64);
static_assert(offsetof(struct pt_regs, r8) == 72);
static_assert(offsetof(struct pt_regs, dx) == 96);
static_assert(offsetof(struct pt_regs, si) == 104);
static_assert(offsetof(struct pt_regs, di) == 112);
static_assert(offsetof(struct pt_regs, orig_ax) == 120);

static __always_inline long plain_ioctl(struct file *file, unsigned int request,
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

static long sysbatch_ioctl(struct file *file, unsigned int request,
			   unsigned long address)
{
	if (unlikely(is_observed()) && sysbatch_can_be_observed())
		return sysbatch_observed_ioctl(file, request, address);
	return plain_ioctl(file, request, address);
}

static ssize_t sysbatch_read(struct file *file, char __user *buffer,
			     size_t count, loff_t *position)
{
	return simple_read_from_buffer(buffer, count, position,
				       SYSBATCH_HOST_INFO, SYSBATCH_INFO_SIZE);
}

static const struct file_operations sysbatch_operations = {
	.owner		= THIS_MODULE,
	.read		= sysbatch_read,
	.unlocked_ioctl	= sysbatch_ioctl,
	.compat_ioctl	= sysbatch_compat_ioctl,
	.llseek		= default_llseek,
};

static struct miscdevice sysbatch_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "sysbatch",
	.fops	= &sysbatch_operations,
	/* A batch can do what its task can do without it. */
	.mode	= 0666,
};

bool sysbatch_off;

static int set_off(const char *value, const struct kernel_param *parameter)
{
	bool off;
	int error;

	error = kstrtobool(value ?: "y", &off);
	if (error)
		return error;
	WRITE_ONCE(sysbatch_off, off);
	sysbatch_host_switch(off);
	return 0;
}

static const struct kernel_param_ops off_operations = {
	.flags	= KERNEL_PARAM_OPS_FL_NOARG,
	.set	= set_off,
	.get	= param_get_bool,
};

/* Callers of set_off() hold the lock of the parameters. */
module_param_cb(off, &off_operations, &sysbatch_off, 0644);
__MODULE_PARM_TYPE(off, "bool");
MODULE_PARM_DESC(off, "hand every system call of a batch back to its program");

static int __init sysbatch_init(void)
{
	int error;

	error = sysbatch_series_init();
	if (error)
		return error;
	error = sysbatch_dispatch_init();
	if (error)
		return error;
	error = sysbatch_self_test();
	if (error)
		return error;
	sysbatch_compat_init();
	kernel_param_lock(THIS_MODULE);
	sysbatch_host_switch(sysbatch_off);
	kernel_param_unlock(THIS_MODULE);
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

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Where the program begins, and the one place from which it makes the calls whose
 * registers are looked at.
 */
	.text
	.globl	_start
_start:
	xorl	%ebp, %ebp
	movl	%esp, %eax
	andl	$-16, %esp
	subl	$12, %esp
	pushl	%eax
	call	begin
	hlt

	/* A way into the kernel, called as __kernel_vsyscall is. */
	.globl	int80_way
int80_way:
	int	$0x80
	ret

	/* What a handler of a signal returns to. */
	.globl	restorer
restorer:
	movl	$173, %eax	/* rt_sigreturn */
	int	$0x80

	/*
	 * void gate(void *way, const struct registers *before,
	 *	     struct registers *after)
	 *
	 * Makes the call with these registers, in the order eax, ebx, ecx, edx, esi,
	 * edi, ebp, flags, and tells what they are after it.
	 */
	.globl	gate
gate:
	pushl	%ebp
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	movl	20(%esp), %eax
	movl	%eax, way_at
	movl	24(%esp), %eax
	movl	%esp, stack
	movl	4(%eax), %ebx
	movl	8(%eax), %ecx
	movl	12(%eax), %edx
	movl	16(%eax), %esi
	movl	20(%eax), %edi
	movl	24(%eax), %ebp
	pushl	28(%eax)
	movl	0(%eax), %eax
	popfl
	call	*way_at
	/* None of these changes a flag. */
	movl	%esp, stack_after
	movl	stack, %esp
	pushfl
	pushl	%eax
	movl	36(%esp), %eax
	movl	%ebx, 4(%eax)
	movl	%ecx, 8(%eax)
	movl	%edx, 12(%eax)
	movl	%esi, 16(%eax)
	movl	%edi, 20(%eax)
	movl	%ebp, 24(%eax)
	popl	0(%eax)
	popl	28(%eax)
	movl	stack_after, %ecx
	subl	stack, %ecx
	movl	%ecx, 32(%eax)
	/* As C has them: no direction, no trap. */
	pushl	$0x202
	popfl
	popl	%edi
	popl	%esi
	popl	%ebx
	popl	%ebp
	ret

	.bss
	.balign	4
way_at:
	.skip	4
stack:
	.skip	4
stack_after:
	.skip	4
	.section .note.GNU-stack, "", @progbits

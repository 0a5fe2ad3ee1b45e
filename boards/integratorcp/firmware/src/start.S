/* Vectors, stacks, and the way from an exception into C. Linked at 0, entered at 0 in SVC mode. */
	.syntax unified
	.arm

	.set MODE_FIQ, 0x11
	.set MODE_IRQ, 0x12
	.set MODE_SVC, 0x13
	.set MODE_ABT, 0x17
	.set MODE_UND, 0x1b
	.set MODE_SYS, 0x1f
	.set RETURNED, 2			/* as in cpu.h */
	.set IRQ_OFF, 0x80
	.set FIQ_OFF, 0x40

	.section .vectors, "ax"
	.global vectors
vectors:
	b	reset
	b	undefined
	b	supervisor_call
	b	prefetch_abort
	b	data_abort
	b	unexpected
	b	irq
	b	fiq
	.ascii	"EMON"			/* what this image is, for whoever dumps it */

	.text
reset:
	msr	cpsr_c, #(MODE_SVC | IRQ_OFF | FIQ_OFF)
	/* Alignment checking on: without it an ARMv5 rotates the word of a mistyped address. */
	mrc	p15, 0, r0, c1, c0, 0
	bic	r0, r0, #0x5			/* MMU and data cache off */
	bic	r0, r0, #0x3000			/* vectors at 0, instruction cache off */
	orr	r0, r0, #0x2
	mcr	p15, 0, r0, c1, c0, 0
	mov	r0, #0
	mcr	p15, 0, r0, c7, c7, 0		/* invalidate both caches */
	mcr	p15, 0, r0, c8, c7, 0		/* invalidate the TLBs */

	msr	cpsr_c, #(MODE_IRQ | IRQ_OFF | FIQ_OFF)
	ldr	sp, =irq_stack_top
	msr	cpsr_c, #(MODE_FIQ | IRQ_OFF | FIQ_OFF)
	ldr	sp, =fiq_stack_top
	msr	cpsr_c, #(MODE_ABT | IRQ_OFF | FIQ_OFF)
	ldr	sp, =abort_stack_top
	msr	cpsr_c, #(MODE_UND | IRQ_OFF | FIQ_OFF)
	ldr	sp, =undefined_stack_top
	msr	cpsr_c, #(MODE_SVC | IRQ_OFF | FIQ_OFF)
	ldr	sp, =stack_top

	ldr	r0, =bss_start
	ldr	r1, =bss_end
	mov	r2, #0
1:	cmp	r0, r1
	strlo	r2, [r0], #4
	blo	1b
	bl	main
2:	b	2b

/* lr is corrected to the address of the instruction itself (ARM ARM, table of return addresses).
   Each stack starts anew: an exception that ends at the prompt never pops what it pushed. */
undefined:
	ldr	sp, =undefined_stack_top
	sub	lr, lr, #4
	stmfd	sp!, {r0-r12, lr}
	mov	r0, #0
	b	to_c
prefetch_abort:
	ldr	sp, =abort_stack_top
	sub	lr, lr, #4
	stmfd	sp!, {r0-r12, lr}
	mov	r0, #1
	b	to_c
data_abort:
	ldr	sp, =abort_stack_top
	sub	lr, lr, #8
	stmfd	sp!, {r0-r12, lr}
	mov	r0, #2
	b	to_c
unexpected:
	ldr	sp, =abort_stack_top
	stmfd	sp!, {r0-r12, lr}
	mov	r0, #3
/* exception(kind, registers, spsr) returns only where a probe asked for it: skip the instruction. */
to_c:
	mov	r1, sp
	mrs	r2, spsr
	bl	exception
	ldmfd	sp!, {r0-r12, lr}
	add	lr, lr, #4
	movs	pc, lr

/* The only caller is semihosting without a host: answer -1 and go on. */
supervisor_call:
	mvn	r0, #0
	movs	pc, lr

irq:
	ldr	sp, =irq_stack_top
	sub	lr, lr, #4
	stmfd	sp!, {r0-r3, r12, lr}
	bl	irq_dispatch
	ldmfd	sp!, {r0-r3, r12, pc}^
fiq:
	ldr	sp, =fiq_stack_top
	sub	lr, lr, #4
	stmfd	sp!, {r0-r3, r12, lr}
	bl	fiq_dispatch
	ldmfd	sp!, {r0-r3, r12, pc}^

/* int save_context(u32 where[10]): 0 now, the value given to restore_context later. */
	.global save_context
	.type save_context, %function
save_context:
	stmia	r0, {r4-r11, sp, lr}
	mov	r0, #0
	bx	lr

/* void restore_context(u32 where[10], int value), from any mode. */
	.global restore_context
	.type restore_context, %function
restore_context:
	msr	cpsr_c, #(MODE_SVC | FIQ_OFF)
	ldmia	r0, {r4-r11, sp, lr}
	mov	r0, r1
	bx	lr

	.global interrupts_on
	.type interrupts_on, %function
interrupts_on:
	mrs	r0, cpsr
	bic	r0, r0, #IRQ_OFF
	msr	cpsr_c, r0
	bx	lr

/* u32 interrupts_off(void) gives the state for interrupts_restore. */
	.global interrupts_off
	.type interrupts_off, %function
interrupts_off:
	mrs	r0, cpsr
	orr	r1, r0, #IRQ_OFF
	msr	cpsr_c, r1
	bx	lr

	.global interrupts_restore
	.type interrupts_restore, %function
interrupts_restore:
	msr	cpsr_c, r0
	bx	lr

	.global fiq_allow
	.type fiq_allow, %function
fiq_allow:
	mrs	r1, cpsr
	cmp	r0, #0
	orreq	r1, r1, #FIQ_OFF
	bicne	r1, r1, #FIQ_OFF
	msr	cpsr_c, r1
	bx	lr

/* void enter(u32 at, u32 r0, u32 r1, u32 r2): leave the monitor as a boot loader must
   (interrupts off, caches off and clean, alignment checking back to its reset state).
   Code that returns comes out where recovery was saved, with the value RETURNED. */
	.global enter
	.type enter, %function
enter:
	msr	cpsr_c, #(MODE_SVC | IRQ_OFF | FIQ_OFF)
	mov	r12, r0
	mov	r0, r1
	mov	r1, r2
	mov	r2, r3
	mrc	p15, 0, r3, c1, c0, 0
	bic	r3, r3, #0x2
	mcr	p15, 0, r3, c1, c0, 0
	mov	r3, #0
	mcr	p15, 0, r3, c7, c7, 0
	mcr	p15, 0, r3, c7, c10, 4
	adr	lr, returned
	bx	r12
returned:
	ldr	r0, =recovery
	mov	r1, #RETURNED
	b	restore_context

	.global alignment_check_on
	.type alignment_check_on, %function
alignment_check_on:
	mrc	p15, 0, r0, c1, c0, 0
	orr	r0, r0, #0x2
	mcr	p15, 0, r0, c1, c0, 0
	bx	lr

/* u32 semihost(u32 operation, u32 parameter): an ARM-state semihosting call. */
	.global semihost
	.type semihost, %function
semihost:
	stmfd	sp!, {r4, lr}
	mrs	r4, spsr
	svc	0x123456
	msr	spsr_cxsf, r4
	ldmfd	sp!, {r4, pc}

	.macro cp15_reader name, op1, crn, crm, op2
	.global \name
	.type \name, %function
\name:
	mrc	p15, \op1, r0, \crn, \crm, \op2
	bx	lr
	.endm
	cp15_reader cp15_id, 0, c0, c0, 0
	cp15_reader cp15_cache_type, 0, c0, c0, 1
	cp15_reader cp15_control, 0, c1, c0, 0
	cp15_reader cp15_data_fault_status, 0, c5, c0, 0
	cp15_reader cp15_instruction_fault_status, 0, c5, c0, 1
	cp15_reader cp15_fault_address, 0, c6, c0, 0

	.section .stacks, "aw", %nobits
	.balign 8
	.space 16384
stack_top:
	.space 4096
irq_stack_top:
	.space 1024
fiq_stack_top:
	.space 4096
abort_stack_top:
	.space 4096
undefined_stack_top:
